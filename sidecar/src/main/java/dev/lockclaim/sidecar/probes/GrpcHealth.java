package dev.lockclaim.sidecar.probes;

import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * grpc.health.v1.Health/Check by hand: one string out (field 1: the service), one number back
 * (field 1: the status; 1 is SERVING). Generated classes for that would be memory in each pod.
 */
final class GrpcHealth {
  private static final int SERVING = 1;
  private static final int TAG_FIELD_1_BYTES = 0x0a;
  private static final int TAG_FIELD_1_VARINT = 0x08;

  private final EventLoopGroup loops;

  GrpcHealth(EventLoopGroup loops) {
    this.loops = loops;
  }

  ProbeRunner.Outcome check(String host, int port, String service, Duration timeout) {
    ManagedChannel channel =
        NettyChannelBuilder.forTarget("dns:///" + ProbeRunner.authority(host, port))
            .usePlaintext()
            .eventLoopGroup(loops)
            .channelType(NioSocketChannel.class)
            .userAgent("lockclaim-probe")
            .build();
    try {
      CallOptions options =
          CallOptions.DEFAULT.withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS);
      byte[] answer = ClientCalls.blockingUnaryCall(channel, method(), options, request(service));
      int status = status(answer);
      return new ProbeRunner.Outcome(status == SERVING, "gRPC health status " + status);
    } catch (StatusRuntimeException e) {
      Status status = e.getStatus();
      return new ProbeRunner.Outcome(
          false, "gRPC " + status.getCode() + ": " + status.getDescription());
    } finally {
      channel.shutdownNow();
    }
  }

  static byte[] request(String service) {
    byte[] name = service.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    if (name.length > 0) {
      out.write(TAG_FIELD_1_BYTES);
      int rest = name.length;
      for (; rest > 0x7f; rest >>>= 7) {
        out.write((rest & 0x7f) | 0x80);
      }
      out.write(rest);
      out.writeBytes(name);
    }
    return out.toByteArray();
  }

  /** 0 (UNKNOWN) when the field is absent, as protobuf leaves out zeros. */
  static int status(byte[] answer) {
    return answer.length >= 2 && answer[0] == TAG_FIELD_1_VARINT ? answer[1] : 0;
  }

  static MethodDescriptor<byte[], byte[]> method() {
    return MethodDescriptor.<byte[], byte[]>newBuilder()
        .setType(MethodDescriptor.MethodType.UNARY)
        .setFullMethodName("grpc.health.v1.Health/Check")
        .setRequestMarshaller(new Bytes())
        .setResponseMarshaller(new Bytes())
        .build();
  }

  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] value) {
      return new ByteArrayInputStream(value);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException e) {
        throw new UncheckedIOException("reading a gRPC answer failed", e);
      }
    }
  }
}
