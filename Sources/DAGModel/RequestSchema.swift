import LibXML

/// The published schema of requests, `schemas/vmshop-request.xsd`, as it was when this was built.
public enum RequestSchema {
    /// The namespace of request documents.
    public static let namespace = "urn:vmshop:request:1"

    /// The text of the schema.
    public static let text = String(decoding: PackageResources.vmshop_request_xsd, as: UTF8.self)

    private static let compilation: Result<XMLSchema, XMLError> = Result { () throws(XMLError) in
        try XMLSchema(compiling: text)
    }

    /// The schema, compiled at first use.
    static func compiled() throws(XMLError) -> XMLSchema {
        try self.compilation.get()
    }
}
