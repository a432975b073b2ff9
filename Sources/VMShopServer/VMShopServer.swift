/// The room of the shop: the service that asks the plants and gives the work to the cheapest.
///
/// - `Shop…`: the machine service, one file for each group of calls.
/// - `Plants/`: the list of plants, and asking them.
/// - `Placement/`: from a request to a machine on a plant, passing over plants that fail.
/// - `Directory/`: the shop's record of machines, which it can lose and rebuild.
public enum VMShopServer {}
