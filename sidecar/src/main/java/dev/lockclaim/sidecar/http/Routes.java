package dev.lockclaim.sidecar.http;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Which handler answers which method and path; built once, before the server starts. */
public final class Routes implements Handler {
  private final Map<String, Map<String, Handler>> exact = new LinkedHashMap<>();
  private final Map<String, Map<String, Handler>> folders = new LinkedHashMap<>();

  /** Answers {@code method} of {@code path}; of everything below it when that ends with a slash. */
  public Routes on(String method, String path, Handler handler) {
    Map<String, Map<String, Handler>> where = path.endsWith("/") ? folders : exact;
    where.computeIfAbsent(path, p -> new LinkedHashMap<>()).put(method, handler);
    return this;
  }

  @Override
  public void handle(Exchange exchange) {
    Map<String, Handler> methods = find(exchange.path());
    if (methods == null) {
      exchange.error(404, "there is nothing at this path; there is " + String.join(", ", paths()));
      return;
    }
    // HEAD is GET without the body, which the server leaves out.
    String method = exchange.method().equals("HEAD") ? "GET" : exchange.method();
    Handler handler = methods.get(method);
    if (handler == null) {
      String allowed = String.join(", ", new TreeSet<>(methods.keySet()));
      exchange.header("allow", allowed);
      exchange.error(405, "this path takes " + allowed + " only");
      return;
    }
    handler.handle(exchange);
  }

  private Map<String, Handler> find(String path) {
    Map<String, Handler> methods = exact.get(path);
    if (methods != null) {
      return methods;
    }
    return folders.entrySet().stream()
        .filter(folder -> path.startsWith(folder.getKey()))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(null);
  }

  private Set<String> paths() {
    Set<String> all = new TreeSet<>(exact.keySet());
    folders.keySet().forEach(folder -> all.add(folder + "…"));
    return all;
  }
}
