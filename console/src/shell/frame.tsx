// What stands around each page: the way to the others, and whose console it is. Drawn from what it is given
// and from texts, and nothing else, so that the page which the Worker sends can show it before any script is
// there (`still`). What cannot be pressed by then says so.

import type { ComponentChildren } from 'preact';

import { Icon, type IconName } from '../components/icon';
import { t } from '../texts';
import { number } from '../texts/format';

export interface Place {
  href: string;
  icon: IconName;
  label: string;
  count?: number | undefined;
}

/** Whose console it is. */
export interface Person {
  name: string;
  organization?: string | null | undefined;
}

/** Where one can go, with how much waits there. */
export function places(isOperator: boolean, waiting?: number): Place[] {
  const texts = t().nav;
  return [
    { href: '/console/', icon: 'home', label: texts.home, count: waiting },
    { href: '/console/onboarding', icon: 'pulse', label: texts.onboarding },
    { href: '/console/runs', icon: 'runs', label: texts.runs },
    { href: '/console/connections', icon: 'link', label: texts.connections },
    { href: '/console/schedule', icon: 'calendar', label: texts.schedule },
    { href: '/console/assistant', icon: 'chat', label: texts.assistant },
    { href: '/console/tools', icon: 'tool', label: texts.tools },
    ...(isOperator ? [{ href: '/console/operators', icon: 'gauge' as const, label: texts.operators }] : []),
  ];
}

/** So many stand below the page on a phone; the rest is behind "More". */
const TABS = 4;
export const behindMore = (all: Place[]) => all.slice(TABS);

export function Frame({ path, all, person, onMore, standing, children }: {
  /** Where one is. */
  path: string;
  all: Place[];
  person?: Person | undefined;
  /** Shows the rest of the places, and what can be chosen. */
  onMore?: () => void;
  /** What holds for whatever page it is. */
  standing?: ComponentChildren;
  children: ComponentChildren;
}) {
  const texts = t();
  const list = (some: Place[]) => some.map((place) => <li key={place.href}><PlaceLink place={place} path={path} /></li>);
  return (
    <div class="shell">
      <a class="skip button" href="#main" onClick={(event) => { event.preventDefault(); document.getElementById('main')?.focus(); }}>{texts.nav.skip}</a>
      <header class="sidebar">
        <a class="brand" href="/console/"><i aria-hidden="true" />{texts.product}</a>
        <nav class="nav" aria-label={texts.nav.label}>
          <ul>{list(all)}</ul>
        </nav>
        <div class="foot">{person && <PersonButton person={person} onPress={onMore} />}</div>
      </header>
      <header class="topbar">
        <a class="brand" href="/console/"><i aria-hidden="true" />{texts.product}</a>
        {person && (
          <button type="button" class="button icon" aria-label={texts.nav.settings} onClick={onMore}>
            <span class="initial" aria-hidden="true">{initial(person)}</span>
          </button>
        )}
      </header>
      <main class="main" id="main" tabIndex={-1}>
        {standing}
        {children}
      </main>
      <nav class="tabs" aria-label={texts.nav.label}>
        <ul>
          {list(all.slice(0, TABS))}
          <li>
            <button type="button" disabled={!onMore} onClick={onMore}><Icon name="more" />{texts.nav.more}</button>
          </li>
        </ul>
      </nav>
    </div>
  );
}

export function PlaceLink({ place, path, onPress }: { place: Place; path: string; onPress?: () => void }) {
  const here = place.icon === 'home' ? path === '/console' : path.startsWith(place.href);
  return (
    <a href={place.href} aria-current={here ? 'page' : undefined} onClick={onPress}>
      <Icon name={place.icon} />
      <span>{place.label}</span>
      {place.count !== undefined && place.count > 0 && (
        <span class="count"><span aria-hidden="true">{number(place.count)}</span><span class="unseen">{t().nav.waiting(place.count)}</span></span>
      )}
    </a>
  );
}

const initial = ({ name }: Person) => name.trim().charAt(0).toUpperCase() || '·';

function PersonButton({ person, onPress }: { person: Person; onPress: (() => void) | undefined }) {
  return (
    <button type="button" class="person" onClick={onPress} aria-haspopup="dialog">
      <span class="initial" aria-hidden="true">{initial(person)}</span>
      <span>
        <b class="cut">{person.name}</b>
        {person.organization && <span class="soft cut">{person.organization}</span>}
      </span>
      <Icon name="more" />
      <span class="unseen">{t().nav.settings}</span>
    </button>
  );
}
