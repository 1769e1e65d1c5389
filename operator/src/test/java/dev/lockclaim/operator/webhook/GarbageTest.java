package dev.lockclaim.operator.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.lockclaim.operator.http.HttpEndpoint;
import dev.lockclaim.operator.testing.LockClaims;
import dev.lockclaim.operator.testing.TestingAuthority;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The operator's ports when somebody else than an API server or Prometheus calls. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GarbageTest {
  private static final String GOOD =
      review("{\"containers\":[{\"name\":\"main\",\"command\":[\"/bin/main\"]}]}");

  private SSLContext tls;
  private WebhookServer webhook;
  private HttpEndpoint metrics;
  private HttpClient http;
  private final List<Socket> open = new ArrayList<>();

  @BeforeAll
  void start() throws IOException, GeneralSecurityException {
    try (TestingAuthority authority = new TestingAuthority()) {
      tls = context(authority);
    }
    var claim = Optional.of(LockClaims.named("payments", "billing"));
    AdmissionHandler handler =
        new AdmissionHandler(
            new Injector(InjectorTest.template()),
            (_, _, _) -> claim,
            _ -> {},
            new SimpleMeterRegistry());
    webhook = new WebhookServer(0, tls, handler);
    metrics = new HttpEndpoint(0, Optional::empty, () -> "lockclaim_build_info 1\n");
    http = HttpClient.newBuilder().sslContext(tls).build();
  }

  @AfterAll
  void stop() {
    http.close();
    webhook.close();
    metrics.close();
  }

  @AfterEach
  void closeSocketsAndAskProperly() throws IOException, InterruptedException {
    assertThat(post(GOOD.getBytes(StandardCharsets.UTF_8)).body())
        .contains("\"allowed\":true", "\"patchType\":\"JSONPatch\"");
    assertThat(get("/metrics", "GET").body()).isEqualTo("lockclaim_build_info 1\n");
    for (Socket socket : open) {
      socket.close();
    }
    open.clear();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\n\r\n",
        "\u0016\u0003\u0001",
        "\u0000\u0000\u0000\u0000",
        "%s%n\r\n\r\n"
      })
  void bytesThatAreNotTlsEndTheirConnection(String bytes) throws IOException {
    try (Socket socket = connect(webhook.port())) {
      socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
      socket.shutdownOutput();
      assertThat(socket.getInputStream().readAllBytes()).hasSizeLessThan(100); // an alert at most
    }
  }

  @Test
  void halfRequestsKeepNobodyFromBeingServed() throws IOException {
    for (int i = 0; i < 100; i++) {
      Socket half =
          tls.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), webhook.port());
      open.add(half);
      half.getOutputStream()
          .write(
              "POST /mutate HTTP/1.1\r\nContent-Length: 99\r\n"
                  .getBytes(StandardCharsets.US_ASCII));
      Socket silent = connect(webhook.port());
      open.add(silent);
      Socket halfOfMetrics = connect(metrics.port());
      open.add(halfOfMetrics);
      halfOfMetrics.getOutputStream().write("GET /met".getBytes(StandardCharsets.US_ASCII));
    }
    assertThat(open).allMatch(Socket::isConnected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "null",
        "[]",
        "7",
        "{",
        "{}",
        "{\"request\":{}}",
        "{\"request\":\"uid\"}",
        "{\"request\":{\"uid\":",
        "\u0000\u0001",
        "name: yaml",
        "<xml/>"
      })
  void whatIsNoReviewIsRefusedInOneSentence(String body) throws IOException, InterruptedException {
    HttpResponse<String> answer = post(body.getBytes(StandardCharsets.UTF_8));
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body())
        .startsWith("lockclaim webhook: the body is not ")
        .hasLineCount(1)
        .doesNotContain("Exception");
  }

  @Test
  void whatIsTooDeepOrTooLargeIsRefused() throws IOException, InterruptedException {
    byte[] deep = "[".repeat(100_000).getBytes(StandardCharsets.US_ASCII);
    assertThat(post(deep).statusCode()).isEqualTo(400);
    byte[] large = " ".repeat((8 << 20) + 1000).getBytes(StandardCharsets.US_ASCII);
    assertThat(post(large).statusCode()).isEqualTo(413);
    byte[] notText = new byte[] {(byte) 0xff, (byte) 0xfe, 0, (byte) 0xd8, 1, 2, 3, (byte) 0xff};
    assertThat(post(notText).statusCode()).isEqualTo(400);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "\"none\"",
        "[]",
        "{}",
        "{\"containers\":\"none\"}",
        "{\"containers\":[]}",
        "{\"containers\":[7,null,[]]}",
        "{\"containers\":[{\"command\":{}}]}",
        "{\"containers\":[{\"name\":\"m\",\"command\":\"/bin/main\"}]}",
        "{\"containers\":[{\"name\":\"m\",\"command\":[\"x\"],\"volumeMounts\":\"v\",\"ports\":{},\"livenessProbe\":[]}],\"volumes\":7}"
      })
  void aPodThatMakesNoSenseIsAnsweredAllTheSame(String spec)
      throws IOException, InterruptedException {
    HttpResponse<String> answer = post(review(spec).getBytes(StandardCharsets.UTF_8));
    assertThat(answer.statusCode()).isEqualTo(200);
    JsonNode response = new ObjectMapper().readTree(answer.body()).path("response");
    assertThat(response.path("uid").asText()).isEqualTo("1");
    if (!response.path("allowed").asBoolean()) {
      assertThat(response.path("status").path("message").asText()).contains(": ");
    }
  }

  @Test
  void otherMethodsAndPathsAreRefused() throws IOException, InterruptedException {
    assertThat(send(webhook("/mutate").DELETE()).statusCode()).isEqualTo(405);
    assertThat(send(webhook("/mutate").DELETE()).body()).contains("only POST is served here");
    assertThat(send(webhook("/validate").GET()).statusCode()).isEqualTo(404);
    assertThat(get("/nothing", "GET").statusCode()).isEqualTo(404);
    assertThat(get("/metrics", "HEAD").statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\u0016\u0003\u0001\u0002\u0000\r\n\r\n",
        "GET\r\n\r\n",
        "GET /metrics HTTP/9.9\r\n\r\n",
        "POST /metrics HTTP/1.1\r\nContent-Length: -7\r\n\r\n"
      })
  void bytesThatAreNotHttpEndTheirConnection(String bytes) throws IOException {
    try (Socket socket = connect(metrics.port())) {
      socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
      socket.shutdownOutput();
      String answer =
          new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      assertThat(answer).doesNotContain("Exception", "at com.sun");
    }
  }

  private static String review(String spec) {
    return "{\"request\":{\"uid\":\"1\",\"namespace\":\"payments\",\"object\":{\"metadata\":{\"name\":\"p\","
        + "\"labels\":{\"lockclaim.dev/claim\":\"billing\"}},\"spec\":"
        + spec
        + "}}}";
  }

  private Socket connect(int port) throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), port);
  }

  private HttpResponse<String> post(byte[] body) throws IOException, InterruptedException {
    return send(webhook("/mutate").POST(BodyPublishers.ofByteArray(body)));
  }

  private HttpResponse<String> get(String path, String method)
      throws IOException, InterruptedException {
    URI address = URI.create("http://localhost:" + metrics.port() + path);
    return send(HttpRequest.newBuilder(address).method(method, BodyPublishers.noBody()));
  }

  private HttpRequest.Builder webhook(String path) {
    return HttpRequest.newBuilder(URI.create("https://localhost:" + webhook.port() + path));
  }

  private HttpResponse<String> send(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return http.send(request.build(), BodyHandlers.ofString());
  }

  private static SSLContext context(TestingAuthority authority)
      throws IOException, GeneralSecurityException {
    TestingAuthority.Pair pair = authority.server();
    String key = pair.key().replaceAll("-----[A-Z ]+-----|\\s", "");
    PrivateKey privateKey =
        KeyFactory.getInstance("EC")
            .generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(key)));
    KeyStore keys = KeyStore.getInstance("PKCS12");
    keys.load(null, null);
    Certificate[] chain = {certificate(pair.certificate())};
    keys.setKeyEntry("server", privateKey, new char[0], chain);
    keys.setCertificateEntry("authority", certificate(authority.certificate()));
    KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    own.init(keys, new char[0]);
    TrustManagerFactory trusted =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trusted.init(keys);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(own.getKeyManagers(), trusted.getTrustManagers(), null);
    return context;
  }

  private static Certificate certificate(String pem) throws GeneralSecurityException {
    return CertificateFactory.getInstance("X.509")
        .generateCertificate(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII)));
  }
}
