import FoundationEssentials

/// The address of a service: scheme, host and port, perhaps the path of a proxy.
public enum ServiceAddress {
    /// Whether a text is one. What is more than an address (a user, a query, a fragment) makes it none, and so does a
    /// port that does not exist: the network library ends the process over that.
    ///
    /// - Parameter text: `http://10.66.0.1:8100`, say.
    /// - Returns: Whether a client can be made for it.
    public static func isValid(_ text: String) -> Bool {
        guard let parts = URLComponents(string: text, encodingInvalidCharacters: false),
            let scheme = parts.scheme, ["http", "https"].contains(scheme), let host = parts.host, !host.isEmpty
        else { return false }
        guard parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil else { return false }
        return parts.port.map { (1...65_535).contains($0) } ?? !text.hasSuffix(":")
    }
}
