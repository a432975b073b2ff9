// XML in and out: bytes to a checked value tree, a value tree to text.
//
// This is the only room that speaks libxml2. What comes in is hostile: a linear scan (`DocumentScan`) refuses what
// could cost more than its size (document types, deep nesting, thousands of attributes), and only then does
// libxml2 see the bytes, without entities, network or files. What goes out are `Sendable` values; no pointer leaves.
//
// - ``XMLParser``: guard, parse, validate, copy out.
// - ``XMLSchema``: a compiled XSD, shared between threads.
// - ``XMLElement``: the tree; ``XMLElement/serialized(indent:)`` writes it.
// - ``XMLError``: every complaint, with code, line, column and path.
