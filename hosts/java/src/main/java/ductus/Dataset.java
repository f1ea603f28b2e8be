package ductus;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/**
 * Labelled images.
 *
 * @param images [n][inputs], unsigned bytes, 0 to 255
 * @param labels [n], from 0
 * @param inputs pixels of an image
 */
public record Dataset(byte[] images, int[] labels, int inputs) {
  /** An IDX file of bytes: its lengths, and its contents. */
  record Idx(int[] shape, byte[] contents) {}

  /** How many images there are. */
  public int count() {
    return labels.length;
  }

  /** A copy of the images from..to-1. */
  public Dataset slice(int from, int to) {
    byte[] pixels = Arrays.copyOfRange(images, from * inputs, to * inputs);
    return new Dataset(pixels, Arrays.copyOfRange(labels, from, to), inputs);
  }

  /** @throws IllegalArgumentException unless they fit a network */
  void check(int expected, int outputs) {
    if (labels.length == 0) {
      throw new IllegalArgumentException("data: expected at least one image, got none");
    }
    if (inputs != expected || images.length != (long) expected * labels.length) {
      throw new IllegalArgumentException(
          "data: expected %d images of %d pixels, got %d bytes of %d"
              .formatted(labels.length, expected, images.length, inputs));
    }
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] < 0 || labels[i] >= outputs) {
        throw new IllegalArgumentException(
            "labels: expected 0 to %d, got %d for image %d".formatted(outputs - 1, labels[i], i));
      }
    }
  }

  /**
   * The images and labels of "train" or "t10k" in a folder of IDX files, plain or with .gz.
   *
   * @throws IOException if they cannot be read, or are none
   */
  public static Dataset readMnist(Path folder, String kind) throws IOException {
    Idx images = read(folder, kind + "-images-idx3-ubyte", 3);
    Idx labels = read(folder, kind + "-labels-idx1-ubyte", 1);
    int count = images.shape[0];
    if (labels.shape[0] != count) {
      throw new IOException(
          "%s: expected a label for each of %d images, got %d".formatted(folder, count, labels.shape[0]));
    }
    int[] numbers = new int[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = Byte.toUnsignedInt(labels.contents[i]);
    }
    return new Dataset(images.contents, numbers, images.shape[1] * images.shape[2]);
  }

  private static Idx read(Path folder, String name, int dimensions) throws IOException {
    Path plain = folder.resolve(name);
    Path path = Files.exists(plain) ? plain : folder.resolve(name + ".gz");
    if (!Files.exists(path)) {
      throw new IOException("%s: expected %s or %s.gz in this folder, got neither".formatted(folder, name, name));
    }
    try {
      Idx idx = parse(Files.readAllBytes(path));
      if (idx.shape.length == dimensions) {
        return idx;
      }
      throw new IOException("expected %d dimensions, got %d".formatted(dimensions, idx.shape.length));
    } catch (IOException error) {
      throw new IOException(path + ": " + error.getMessage(), error);
    }
  }

  /** @throws IOException unless it is an IDX file of bytes, plain or gzip */
  static Idx parse(byte[] file) throws IOException {
    byte[] bytes = file;
    if (file.length > 1 && file[0] == 0x1f && file[1] == (byte) 0x8b) {
      try (InputStream packed = new GZIPInputStream(new ByteArrayInputStream(file))) {
        bytes = packed.readNBytes(Integer.MAX_VALUE - 8);
      } catch (IOException error) {
        throw new IOException("expected a whole gzip file, got a damaged one (" + error.getMessage() + ")", error);
      }
    }
    int dimensions = bytes.length < 4 ? 0 : bytes[3];
    int start = 4 + 4 * dimensions;
    if (dimensions < 1 || dimensions > 4 || bytes[0] != 0 || bytes[1] != 0 || bytes[2] != 8 || bytes.length < start) {
      throw new IOException("expected an IDX file of bytes (00 00 08 ...), got another");
    }
    int[] shape = new int[dimensions];
    long size = 1;
    for (int i = 0; i < dimensions; i++) {
      shape[i] = ByteBuffer.wrap(bytes).getInt(4 + 4 * i);
      size = shape[i] < 0 || size < 0 || size > Integer.MAX_VALUE ? -1 : size * shape[i];
    }
    if (size != bytes.length - start) {
      throw new IOException(
          "expected the data of %s, got %d bytes".formatted(Arrays.toString(shape), bytes.length - start));
    }
    return new Idx(shape, Arrays.copyOfRange(bytes, start, bytes.length));
  }
}
