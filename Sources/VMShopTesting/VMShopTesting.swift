/// The room of what tests share: plants in this process and as processes of their own, guests as processes, plants whose
/// answers are scripted, servers that can be stopped, request documents, a census of what a plant holds. No product
/// uses it.
public enum VMShopTesting {}
