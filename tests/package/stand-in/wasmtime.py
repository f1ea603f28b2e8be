"""What examples/python/train.py uses of wasmtime, on Node's WebAssembly: shows that the example calls the module as it
should, where there is no wasmtime to run it in. Not how wasmtime itself behaves."""

import base64
import json
import os
import subprocess

NODE = r"""
const { exports } = new WebAssembly.Instance(new WebAssembly.Module(fs.readFileSync(process.argv[1])));
const memory = (start, stop) => Buffer.from(exports.memory.buffer).subarray(start, stop);
const does = {
  names: () => Object.keys(exports),
  call: (name, args) => exports[name](...args),
  read: (start, stop) => memory(start, stop).toString("base64"),
  write: (bytes, start) => memory(start).set(Buffer.from(bytes, "base64")),
};
require("node:readline").createInterface(process.stdin).on("line", (line) => {
  const [what, ...args] = JSON.parse(line);
  console.log(JSON.stringify(does[what](...args) ?? null));
});
"""


class Engine:
    pass


class Store:
    def __init__(self, engine):
        self.engine = engine


class Module:
    @staticmethod
    def from_file(engine, path):
        return path


class Instance:
    def __init__(self, store, path, imports):
        command = [os.environ["NODE"], "-e", NODE, path]
        self.node = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *question):
        print(json.dumps(question), file=self.node.stdin, flush=True)
        return json.loads(self.node.stdout.readline())

    def exports(self, store):
        functions = {name: lambda store, *args, name=name: self.ask("call", name, args) for name in self.ask("names")}
        return {**functions, "memory": Memory(self.ask)}


class Memory:
    def __init__(self, ask):
        self.ask = ask

    def read(self, store, start, stop):
        return bytearray(base64.b64decode(self.ask("read", start, stop)))

    def write(self, store, value, start):
        self.ask("write", base64.b64encode(value).decode(), start)
