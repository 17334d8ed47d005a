// How something stands, with a sign and a word; the colour only repeats them.

import type { ComponentChildren } from 'preact';

import type { Run, RunSummary, Schemas } from '../api/client';
import { t } from '../texts';
import { Icon, type IconName } from './icon';

export type Tone = 'good' | 'notice' | 'bad' | 'calm' | 'plain';

export function Badge({ tone, icon, turning, children }: { tone: Tone; icon?: IconName; turning?: boolean; children: ComponentChildren }) {
  return (
    <span class={`badge ${tone}`}>
      {icon && <Icon name={icon} class={turning ? 'turning' : ''} />}
      {children}
    </span>
  );
}

/** How a run stands: in one word of the status and, once it has ended, of whether it did its job. */
export function runStanding({ status, outcome, queued }: Pick<Run, 'status' | 'outcome'> & Pick<RunSummary, 'queued'>): { tone: Tone; icon: IconName; word: string } {
  const words = t().run.statuses;
  if (queued) return { tone: 'plain', icon: 'clock', word: words.queued };
  switch (status) {
    case 'running':
      return { tone: 'calm', icon: 'turn', word: words.running };
    case 'cancelling':
      return { tone: 'plain', icon: 'turn', word: words.cancelling };
    case 'suspended':
      return { tone: 'notice', icon: 'hand', word: words.suspended };
    case 'failed':
      return { tone: 'bad', icon: 'cross', word: words.failed };
    case 'cancelled':
      return { tone: 'plain', icon: 'dash', word: words.cancelled };
    case 'completed':
      if (outcome?.kind === 'failed') return { tone: 'bad', icon: 'alert', word: words.done_nothing };
      if (outcome?.kind === 'partial') return { tone: 'notice', icon: 'alert', word: words.partial };
      return { tone: 'good', icon: 'check', word: words.completed };
  }
}

export function RunBadge({ run }: { run: Parameters<typeof runStanding>[0] }) {
  const { tone, icon, word } = runStanding(run);
  return <Badge tone={tone} icon={icon} turning={run.status === 'running' && !run.queued}>{word}</Badge>;
}

const CONNECTION: Record<Schemas['ConnectionStatus'], { tone: Tone; icon: IconName }> = {
  active: { tone: 'good', icon: 'check' },
  pending_verification: { tone: 'notice', icon: 'clock' },
  pending_auth: { tone: 'notice', icon: 'clock' },
  expired: { tone: 'bad', icon: 'alert' },
  disconnected: { tone: 'plain', icon: 'dash' },
  unknown: { tone: 'notice', icon: 'alert' },
  not_connected: { tone: 'plain', icon: 'dash' },
};

export function ConnectionBadge({ status }: { status: Schemas['ConnectionStatus'] }) {
  return <Badge {...CONNECTION[status]}>{t().connections.statuses[status]}</Badge>;
}

export type Health = 'healthy' | 'at_risk' | 'critical';
export const HEALTH_TONE: Record<Health, 'good' | 'notice' | 'bad'> = { healthy: 'good', at_risk: 'notice', critical: 'bad' };
const HEALTH_ICON: Record<Health, IconName> = { healthy: 'check', at_risk: 'alert', critical: 'cross' };

export function HealthBadge({ status }: { status: Health }) {
  return <Badge tone={HEALTH_TONE[status]} icon={HEALTH_ICON[status]}>{t().onboarding.statuses[status]}</Badge>;
}
