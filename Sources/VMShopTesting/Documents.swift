/// Request documents for tests.
public enum Documents {
    /// A clone of an image, nothing done to it.
    ///
    /// - Parameters:
    ///   - name: The request's name.
    ///   - domain: The client domain.
    ///   - user: Who wants it.
    ///   - actions: Ids of actions, in a row, each a script of its own.
    /// - Returns: The document.
    public static func machine(
        _ name: String = "machine",
        domain: String = "physics.example.org",
        user: String? = nil,
        actions: [String] = []
    ) -> [UInt8] {
        let steps = actions.map { "<action id=\"\($0)\"><script>echo \($0)</script></action>" }.joined()
        let person = user.map { " user=\"\($0)\"" } ?? ""
        let text = """
            <request xmlns="urn:vmshop:request:1" name="\(name)">
              <client domain="\(domain)"\(person)/>
              <start><image name="small"/></start>
              \(steps.isEmpty ? "" : "<actions>\(steps)</actions>")
            </request>
            """
        return Array(text.utf8)
    }
}
