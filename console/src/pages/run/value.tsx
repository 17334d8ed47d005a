import { spelled } from '../../state/words';

/** Data member by member. Whatever is in it is text. */
export function Value({ value }: { value: unknown }) {
  if (Array.isArray(value)) return <ol class="reasons">{value.map((item: unknown, at) => <li key={at}><Value value={item} /></li>)}</ol>;
  if (typeof value === 'object' && value !== null) {
    return <dl class="facts">{Object.entries(value).map(([name, member]) => <><dt>{spelled(name)}</dt><dd><Value value={member} /></dd></>)}</dl>;
  }
  return <>{typeof value === 'string' ? value : JSON.stringify(value)}</>;
}
