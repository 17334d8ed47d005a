import { Icon } from '../../components/icon';
import type { Customer } from '../../onboarding/history';
import { t } from '../../texts';
import { number } from '../../texts/format';

/** How a score has moved since the run before. */
export function Delta({ customer: { delta, change } }: { customer: Customer }) {
  const texts = t().onboarding;
  if (delta === undefined) return <span class="soft small">{change === 'new' ? texts.isNew : '–'}</span>;
  if (delta === 0) return <span class="soft"><span aria-hidden="true">–</span><span class="unseen">{texts.same}</span></span>;
  const better = delta > 0;
  return (
    <span class={`delta number ${better ? 'better' : 'worse'}`}>
      <Icon name={better ? 'up' : 'down'} />
      <span class="unseen">{better ? texts.up : texts.down}</span>
      {number(Math.abs(delta))}
    </span>
  );
}
