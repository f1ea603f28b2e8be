# workerd serve config.capnp, beside bundle.js and ductus.wasm: see workers.js.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "main", worker = .worker),
    (name = "internet", network = (allow = ["local", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:8080", http = (), service = "main")],
);

const worker :Workerd.Worker = (
  modules = [
    (name = "bundle.js", esModule = embed "bundle.js"),
    (name = "ductus/ductus.wasm", wasm = embed "ductus.wasm"),
  ],
  compatibilityDate = "2026-01-01",
);
