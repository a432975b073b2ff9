extension Output {
    /// The attributes that every machine has, whatever its actions publish.
    public static let standardAttributes = [
        "Machine", "Name", "State", "Plant", "Domain", "Owner", "Image", "ImageDigest", "Address", "Mac", "Memory",
        "Cpus", "Disk",
        "Arch", "OpSys", "Created", "Ready", "Paused",
    ]

    /// The words that a query understands as something else than the name of an attribute.
    public static let queryWords = ["true", "false"]

    /// Whether no output can have a name: it would hide an attribute that every machine has, or no query could name it.
    ///
    /// - Parameter name: The name, in any case.
    /// - Returns: Whether it is taken.
    public static func isReserved(_ name: String) -> Bool { reserved.contains(name.lowercased()) }

    private static let reserved = Set((standardAttributes + queryWords).map { $0.lowercased() })
}
