// Every mutation still fits the code it breaks.

import assert from 'node:assert/strict';
import test from 'node:test';

import { apply, readMutations } from '../../scripts/lib/mutations.mjs';
import { root } from '../../scripts/lib/paths.mjs';

const mutations = readMutations();

test('there are mutations, each breaking a promise of its own', () => {
  assert.ok(mutations.length > 0);
  assert.equal(new Set(mutations.map(({ breaks }) => breaks)).size, mutations.length);
});

for (const mutation of mutations) {
  test(`${mutation.name} applies`, () => {
    assert.ok(mutation.files.length > 0);
    apply(mutation, root, { check: true });
  });
}
