// Waits for saves below the Worker's sources. A save that changes nothing is none.

import { watch } from 'node:fs';
import { stat } from 'node:fs/promises';

import { SOURCES, fingerprint } from './build.mjs';
import { inRoot } from './paths.mjs';

/** Editors save in several steps, and "save all" in several files. */
const SETTLE_MS = 60;
/** So often it is looked even where nothing was heard: what watches a folder may lose a file that was put
 *  in another's place, as editors and git do. */
const LOOK_ANYWAY_MS = 5000;

/** From when it was made: what changed since the last look. */
export class Changes {
  #watchers = [];
  #seen;
  #wake = () => {};

  static async begin() {
    const changes = new Changes();
    changes.#seen = await fingerprint(SOURCES);
    // The root by itself: editors replace files, and a watch on one would stay with the old.
    changes.#watch(inRoot(), { recursive: false });
    for (const path of SOURCES.map((name) => inRoot(name))) {
      const found = await stat(path).catch(() => undefined);
      if (found?.isDirectory()) changes.#watch(path, { recursive: true });
    }
    return changes;
  }

  #watch(path, options) {
    this.#watchers.push(watch(path, options, () => this.#wake()));
  }

  /** Resolves once the sources are other than when it last did. */
  async next() {
    for (;;) {
      const woken = new Promise((resolve) => (this.#wake = resolve));
      const now = await fingerprint(SOURCES);
      if (now !== this.#seen) {
        this.#seen = now;
        return;
      }
      await Promise.race([woken, new Promise((resolve) => setTimeout(resolve, LOOK_ANYWAY_MS).unref())]);
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    }
  }

  end() {
    for (const watcher of this.#watchers) watcher.close();
  }
}
