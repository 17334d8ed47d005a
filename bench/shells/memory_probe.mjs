// Watches WebAssembly modules being instantiated and remembers their memory. Linear memory never
// shrinks, so its size is its peak.

const memories = [];
const { Instance } = WebAssembly;

WebAssembly.Instance = new Proxy(Instance, {
  construct(target, args, newTarget) {
    const instance = Reflect.construct(target, args, newTarget);
    const { memory } = instance.exports;
    if (memory) memories.push(memory);
    return instance;
  },
});

/** Bytes of all linear memory of this isolate. */
export function wasmBytes() {
  return memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0);
}
