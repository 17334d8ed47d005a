// One name in the spellings that Rust has for it, and the one way to add to a file there is.

import { Failure } from '../say.mjs';

/** `hubspot-list-owners` as a module. */
export const snake = (name) => name.replaceAll('-', '_');
/** `hubspot-list-owners` as a type. */
export const pascal = (name) => name.replace(/(^|-)(\w)/g, (_, __, letter) => letter.toUpperCase());
/** `hubspot-list-owners` as a variable of the deployment. */
export const shout = (name) => snake(name).toUpperCase();
/** `hubspot-list-owners` for people. */
export const title = (name) => name.replaceAll('-', ' ').replace(/^\w/, (letter) => letter.toUpperCase());

/** Puts lines behind the last match of `pattern`, whose own text becomes what `change` makes of it. */
export const behindLast = (pattern, lines, change = (match) => match) => (text, path) => {
  const found = [...text.matchAll(new RegExp(pattern, 'gm'))].at(-1);
  if (!found) throw new Failure(`${path} has nothing like ${pattern}: the table looks other than it did.`);
  const end = found.index + found[0].length;
  return text.slice(0, found.index) + change(found[0]) + lines + text.slice(end);
};

/** Several changes of one file, one after the other. */
export const each = (...changes) => (text, path) => changes.reduce((so, change) => change(so, path), text);
