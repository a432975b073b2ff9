// The request: a machine described as a directed acyclic graph of actions, as values.
//
// From a document to a ``Request`` that is whole (``RequestParser``), and back (``Request/canonicalXML``); orders and
// reachability (``Graph``); the identity of a step (``ActionKey``) and the three classic tests that say whether a
// history of steps fits a graph (``Graph/match(_:)``). But for the XML codec nothing here does input or output.
