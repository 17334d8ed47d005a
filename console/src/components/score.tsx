import { number } from '../texts/format';
import { HEALTH_TONE, type Health } from './badge';

/** A score from 0 to 100 with its bar. */
export function Score({ score, status }: { score: number; status: Health }) {
  return (
    <span class="score">
      {number(score)}
      <span aria-hidden="true"><span class={HEALTH_TONE[status]} style={{ width: `${score}%` }} /></span>
    </span>
  );
}
