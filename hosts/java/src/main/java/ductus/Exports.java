package ductus;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.graalvm.polyglot.Context;
import org.graalvm.polyglot.Engine;
import org.graalvm.polyglot.Source;
import org.graalvm.polyglot.Value;
import org.graalvm.polyglot.io.ByteSequence;

/** An instance of the module in GraalWasm, and the calls of docs/abi.md. Each network has one of its own. */
final class Exports implements AutoCloseable {
  /** The version of the ABI that this host knows. */
  private static final int ABI_VERSION = 1;

  /** Images handed over at a time. */
  private static final int CHUNK = 1000;

  /** addImages reads up to 15 bytes past the last pixel. */
  private static final int PADDING = 16;

  /** Code is shared by all instances. Without a compiler, which most JDKs lack, GraalWasm would warn each time. */
  private static final Engine ENGINE = Engine.newBuilder("wasm").option("engine.WarnInterpreterOnly", "false").build();

  private static final Source MODULE = read();

  private final Context context = Context.newBuilder("wasm").engine(ENGINE).build();
  private final Value functions;
  private final Value memory;

  Exports() {
    functions = context.eval(MODULE).newInstance().getMember("exports");
    memory = functions.getMember("memory");
    int version = call("abiVersion");
    if (version != ABI_VERSION) {
      close();
      throw new IllegalStateException(
          "ductus.wasm: expected version %d of the ABI, got %d".formatted(ABI_VERSION, version));
    }
  }

  private static Source read() {
    try (InputStream stream = Exports.class.getResourceAsStream("ductus.wasm")) {
      if (stream == null) {
        throw new IllegalStateException("ductus.wasm: expected it beside the classes, got none (npm run build:hosts)");
      }
      return Source.newBuilder("wasm", ByteSequence.create(stream.readAllBytes()), "ductus").build();
    } catch (IOException error) {
      throw new IllegalStateException("ductus.wasm: " + error.getMessage(), error);
    }
  }

  /** Calls a function that returns an i32, or nothing: 0. */
  int call(String name, Object... args) {
    Value result = functions.getMember(name).execute(args);
    return result.fitsInInt() ? result.asInt() : 0;
  }

  /** Calls a function that returns an f64. */
  double number(String name, Object... args) {
    return functions.getMember(name).execute(args).asDouble();
  }

  /** Calls a function that returns 0 if memory cannot be had. An address above 2^31 comes as a negative number. */
  int grow(String name, Object... args) {
    int result = call(name, args);
    if (result == 0) {
      throw new IllegalStateException(name + ": expected room in the module's 4 GiB of memory, got none");
    }
    return result;
  }

  void write(int address, byte[] bytes) {
    long at = Integer.toUnsignedLong(address);
    ByteBuffer words = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (; words.remaining() >= Long.BYTES; at += Long.BYTES) {
      memory.writeBufferLong(ByteOrder.LITTLE_ENDIAN, at, words.getLong());
    }
    for (; words.hasRemaining(); at++) {
      memory.writeBufferByte(at, words.get());
    }
  }

  /** A copy: the memory may move. */
  byte[] read(int address, int count) {
    byte[] bytes = new byte[count];
    memory.readBuffer(Integer.toUnsignedLong(address), bytes, 0, count);
    return bytes;
  }

  /** Copies checked images and labels into the module. To be released. */
  int addDataset(Dataset data) {
    int count = data.count();
    int inputs = data.inputs();
    int dataset = grow("createDataset", count, inputs);
    int pixels = grow("allocate", Math.min(CHUNK, count) * inputs + PADDING);
    int labels = grow("allocate", 2 * CHUNK);
    for (int first = 0; first < count; first += CHUNK) {
      int last = Math.min(count, first + CHUNK);
      Dataset part = data.slice(first, last);
      write(pixels, part.images());
      ByteBuffer words = ByteBuffer.allocate(2 * part.count()).order(ByteOrder.LITTLE_ENDIAN);
      for (int label : part.labels()) {
        words.putShort((short) label);
      }
      write(labels, words.array());
      grow("addImages", dataset, first, pixels, labels, last - first);
    }
    call("release", pixels);
    call("release", labels);
    return dataset;
  }

  @Override
  public void close() {
    context.close();
  }
}
