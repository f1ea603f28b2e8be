// The version of the ABI, whose rules and history are in docs/abi.md.

/** What a host asks for first: it was written for one version, and calls nothing else of another. */
export function abiVersion(): u32 {
  return 1;
}
