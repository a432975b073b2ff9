/// How much of a document is accepted. Every limit is enforced before libxml2 sees a byte.
public struct XMLLimits: Sendable, Hashable {
    /// Bytes of the whole document; at most 2³¹−1, as far as libxml2 can count.
    public var bytes: Int { didSet { self.bytes = min(self.bytes, Int(Int32.max)) } }
    /// Nesting of elements, the root being 1; at most ``deepest``.
    public var depth: Int { didSet { self.depth = min(self.depth, Self.deepest) } }
    /// Elements in the document.
    public var elements: Int
    /// Attributes of one element, namespace declarations included; also the declarations in scope at any place.
    public var attributesPerElement: Int
    /// Bytes between the `<` and the `>` of one tag.
    public var tagBytes: Int
    /// Schema violations that are reported; the rest is only counted.
    public var diagnostics: Int { didSet { self.diagnostics = max(1, self.diagnostics) } }

    /// The deepest nesting that can be asked for: where libxml2 itself stops, and shallow enough for any stack.
    public static let deepest = 256

    /// Creates limits; the defaults suit a request document from a stranger.
    public init(
        bytes: Int = 1 << 20,
        depth: Int = 32,
        elements: Int = 20_000,
        attributesPerElement: Int = 64,
        tagBytes: Int = 16 << 10,
        diagnostics: Int = 100
    ) {
        self.bytes = min(bytes, Int(Int32.max))
        self.depth = min(depth, Self.deepest)
        self.elements = elements
        self.attributesPerElement = attributesPerElement
        self.tagBytes = tagBytes
        self.diagnostics = max(1, diagnostics)
    }
}
