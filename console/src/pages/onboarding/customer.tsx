// One customer: why it stands as it does, how it came there, what was done about it.

import { AppLink } from '../../components/app_link';
import { HealthBadge } from '../../components/badge';
import { Dialog } from '../../components/dialog';
import { CallFailed } from '../../components/said';
import { Score } from '../../components/score';
import { reasonsOf } from '../../onboarding/findings';
import type { Customer } from '../../onboarding/history';
import type { Action } from '../../onboarding/result';
import { Columns } from '../../plots/columns';
import { HEALTH_TONE } from '../../components/badge';
import { t } from '../../texts';
import { Delta } from './delta';

const FULL_SCORE = 100;

export function CustomerDetail({ customer, actions, onClose }: { customer: Customer; actions: Action[]; onClose: () => void }) {
  const texts = t().onboarding;
  const known = customer.points.filter((point) => point !== undefined);
  return (
    <Dialog side title={customer.name} onClose={onClose}>
      <div class="stack">
        <div class="row">
          <HealthBadge status={customer.status} />
          <Score score={customer.score} status={customer.status} />
          <Delta customer={customer} />
        </div>
        <dl class="facts">
          <dt>{texts.stage}</dt><dd>{texts.days(customer.daysInStage)}</dd>
          <dt>{texts.key}</dt><dd>{customer.key}</dd>
        </dl>
        <section class="stack near">
          <h3>{texts.columns.why}</h3>
          {customer.reasons.length > 0
            ? <ul class="reasons">{reasonsOf(customer).map((reason) => <li key={reason}>{reason}</li>)}</ul>
            : <p class="soft">{texts.noReason}</p>}
        </section>
        {known.length > 1 && (
          <section class="stack near">
            <h3>{texts.columns.history}</h3>
            <Columns
              top={FULL_SCORE}
              label={`${texts.historyOf(customer.name)}: ${known.map(({ score }) => score).join(', ')}`}
              columns={customer.points.map((point, at) => ({
                key: String(at),
                label: '',
                parts: point ? [{ tone: HEALTH_TONE[point.status], count: point.score }] : [],
              }))}
            />
          </section>
        )}
        <section class="stack near">
          <h3>{texts.columns.done}</h3>
          {actions.length === 0 && <p class="soft">{texts.nothingDone}</p>}
          {actions.length > 0 && <dl class="facts">{actions.map((action) => <ActionFacts key={action.kind} action={action} />)}</dl>}
        </section>
      </div>
    </Dialog>
  );
}

function ActionFacts({ action }: { action: Action }) {
  const texts = t().onboarding;
  return (
    <>
      <dt>{action.kind === 'create_task' ? texts.task : texts.comment}</dt>
      <dd>{texts.actionStatuses[action.status]}{action.failure && <>: <CallFailed of={action.failure} /></>}</dd>
      {action.taskId && <><dt>{texts.taskId}</dt><dd><AppLink href={action.taskUrl}>{action.taskId}</AppLink></dd></>}
      {action.issue && <><dt>{texts.issue}</dt><dd><AppLink href={action.issueUrl}>{action.issue}</AppLink></dd></>}
    </>
  );
}
