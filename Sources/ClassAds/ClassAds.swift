/// The room of attributes and queries: typed name–value pairs of a machine, and the expressions that search them.
///
/// The names and the three-valued logic follow the classified advertisements of HTCondor (Raman, Livny, Solomon:
/// "Matchmaking", HPDC 1998). This first form knows comparisons of an attribute with a literal, joined by `&&`, `||`,
/// `!` and parentheses. Nothing here does input or output.
public enum ClassAds {}
