import type { Share } from '../plots/shares';
import { t } from '../texts';
import type { Counts } from './result';

/** How the customers of a run are divided, the worst first. */
export function healthShares({ critical, atRisk, healthy }: Pick<Counts, 'critical' | 'atRisk' | 'healthy'>): Share[] {
  const words = t().onboarding.statuses;
  return [
    { tone: 'bad', label: words.critical, count: critical },
    { tone: 'notice', label: words.at_risk, count: atRisk },
    { tone: 'good', label: words.healthy, count: healthy },
  ];
}
