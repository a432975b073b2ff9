/// The room that offers a machine service over HTTP: routes, errors as JSON, limits. Shop and plant use the same
/// routes, so what one understands the other does.
public enum ShopHTTP {}
