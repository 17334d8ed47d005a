// A part of a page that is not there: not yet, not at all, or not to be had.

import type { ComponentChildren } from 'preact';

import type { Failure } from '../api/failure';
import type { Resource } from '../state/resource';
import { inWords } from '../state/said';
import { t } from '../texts';
import { Button } from './button';
import { Icon, type IconName } from './icon';
import { InEnglish } from './said';

export function Notice({ tone = 'calm', icon, title, children, actions }: {
  tone?: 'calm' | 'good' | 'notice' | 'bad';
  icon?: IconName;
  title: ComponentChildren;
  children?: ComponentChildren;
  actions?: ComponentChildren;
}) {
  const usual: IconName = tone === 'good' ? 'check' : tone === 'calm' ? 'clock' : 'alert';
  return (
    <div class={`notice-box ${tone}`}>
      <Icon name={icon ?? usual} />
      <div>
        <strong>{title}</strong>
        {children && <div>{children}</div>}
      </div>
      {actions && <div class="actions row">{actions}</div>}
    </div>
  );
}

export function Empty({ icon, title, children, actions }: { icon: IconName; title: string; children?: ComponentChildren; actions?: ComponentChildren }) {
  return (
    <div class="empty">
      <Icon name={icon} />
      <strong>{title}</strong>
      {children && <p>{children}</p>}
      {actions && <div class="row">{actions}</div>}
    </div>
  );
}

export function Waiting({ lines = 4 }: { lines?: number }) {
  return (
    <div class="waiting" role="status">
      <span class="unseen">{t().states.loading}</span>
      {Array.from({ length: lines }, (_, at) => <i key={at} aria-hidden="true" />)}
    </div>
  );
}

/** What went wrong, with the service's own words for it, and the way to try again. */
export function Failed({ failure, retry }: { failure: Failure; retry?: () => void }) {
  const texts = t().states;
  return (
    <Empty
      icon="alert"
      title={failure.offline ? texts.offline : (inWords('problems', failure.kind) ?? failure.problem?.title ?? texts.failed)}
      actions={retry && <Button icon="turn" onPress={retry}>{texts.retry}</Button>}
    >
      {failure.offline ? texts.offlineDetail : <InEnglish>{failure.message}</InEnglish>}
    </Empty>
  );
}

/** What was read, or why it is not there. What is there already stays while it is read again. */
export function Shown<T>({ of, lines, children }: { of: Resource<T>; lines?: number; children: (data: T) => ComponentChildren }) {
  if (of.data !== undefined) return <>{children(of.data)}</>;
  if (of.failure && !of.loading) return <Failed failure={of.failure} retry={of.reload} />;
  return <Waiting {...(lines === undefined ? {} : { lines })} />;
}
