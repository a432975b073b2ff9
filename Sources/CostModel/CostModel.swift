/// The room of prices: from a plan and a plant's load to a cost with its terms, and from bids to an order of choice.
///
/// Every function here is pure. A policy is a list of terms; each term says its value, its unit and its reason, so that
/// nothing about a price is hidden from whoever pays it.
public enum CostModel {}
