/// Request documents as tests write them.
public enum RequestText {
    /// A request.
    ///
    /// - Parameters:
    ///   - actions: Its actions, made by ``action(_:_:_:)`` or written out; without edges they form a chain.
    ///   - edges: Pairs of ids; `nil` for no `edges` element.
    ///   - image: The image; `nil` lets the plant choose.
    ///   - hardware: What is in `hardware`, `<memory>64MiB</memory>` say.
    ///   - domain: The client domain.
    ///   - name: The request's name.
    ///   - lease: The attributes of `lease`; `nil` for no lease.
    ///   - requirements: What it requires of the plant.
    /// - Returns: The document.
    public static func document(
        _ actions: [String] = [],
        edges: [(String, String)]? = nil,
        image: String? = "small",
        hardware: String = "",
        domain: String = "lab.example.org",
        name: String = "test",
        lease: String? = nil,
        requirements: String? = nil
    ) -> [UInt8] {
        let links = edges.map { pairs in
            "<edges>" + pairs.map { #"<edge from="\#($0.0)" to="\#($0.1)"/>"# }.joined() + "</edges>"
        }
        let start = (image.map { #"<image name="\#($0)"/>"# } ?? "") + "<hardware>\(hardware)</hardware>"
        return Array(
            """
            <request xmlns="urn:vmshop:request:1" name="\(name)">
            <client domain="\(domain)" user="alice"/>\(lease.map { "<lease \($0)/>" } ?? "")
            \(requirements.map { "<requirements><![CDATA[\($0)]]></requirements>" } ?? "")<start>\(start)</start>
            <actions>\(actions.joined(separator: "\n"))</actions>\(links ?? "")
            </request>
            """.utf8
        )
    }

    /// An action in the guest.
    ///
    /// - Parameters:
    ///   - id: Its id.
    ///   - script: Its script.
    ///   - inside: Further elements: parameters, outputs, `<on-error>`.
    ///   - timeout: Its time limit.
    ///   - checkpoint: Whether it asks for an image.
    /// - Returns: The element.
    public static func action(
        _ id: String,
        _ script: String,
        _ inside: String = "",
        timeout: String = "20s",
        checkpoint: Bool = false
    ) -> String {
        let wish = checkpoint ? #" checkpoint="yes""# : ""
        return
            #"<action id="\#(id)" timeout="\#(timeout)"\#(wish)><script><![CDATA[\#(script)]]></script>\#(inside)</action>"#
    }

    /// A parameter.
    public static func parameter(_ name: String, _ value: String, secret: Bool = false) -> String {
        #"<parameter name="\#(name)"\#(secret ? #" secret="yes""# : "")>\#(value)</parameter>"#
    }
}
