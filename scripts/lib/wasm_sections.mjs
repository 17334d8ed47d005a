// The sections of a WebAssembly module, as its binary format has them (WebAssembly Core, section 5.5).

/** Length of what every module begins with: its magic number and version. */
const PREAMBLE = 8;
const CUSTOM = 0;

/** Reads an unsigned LEB128 number; answers it and the position after it. */
function number(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at];
    at += 1;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, at];
  }
}

/** Each section in turn: its id, its content, and the name of a custom one. */
export function* sections(module) {
  for (let at = PREAMBLE; at < module.length; ) {
    const id = module[at];
    const [length, start] = number(module, at + 1);
    const bytes = module.subarray(start, start + length);
    yield { id, bytes, ...(id === CUSTOM ? { name: nameOf(bytes) } : {}) };
    at = start + length;
  }
}

function nameOf(custom) {
  const [length, start] = number(custom, 0);
  return custom.toString('utf8', start, start + length);
}
