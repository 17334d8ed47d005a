// All that is known of one line of the waterfall.

import type { Picture } from '../../run/picture';
import { appName, spelled } from '../../state/words';
import { t } from '../../texts';
import { clock, lasted, list, moment } from '../../texts/format';
import { short, waitWords } from './waterfall';

export type Chosen = { step: string } & ({ kind: 'step'; key: string } | { kind: 'wait'; key: number } | { kind: 'write'; key: string });

export function Detail({ picture, chosen }: { picture: Picture; chosen: Chosen | undefined }) {
  const texts = t().run;
  const step = picture.steps.find(({ id }) => id === chosen?.step);
  if (!chosen || !step) return <p class="soft">{texts.pick}</p>;
  if (chosen.kind === 'wait') {
    const wait = step.waits.find(({ number }) => number === chosen.key);
    if (!wait) return null;
    return (
      <Facts title={waitWords(wait)} kind={texts.kinds.wait} from={wait.from} to={wait.to}>
        {wait.why.reason === 'connection_required' && <><dt>{texts.missing}</dt><dd>{list(wait.why.missing.map(({ connector }) => appName(connector)))}</dd></>}
        {'until' in wait.why && <><dt>{texts.until}</dt><dd>{moment(wait.why.until)}</dd></>}
        {wait.by && <><dt>{texts.resumedBy}</dt><dd>{texts.resumers[wait.by] ?? wait.by}</dd></>}
      </Facts>
    );
  }
  if (chosen.kind === 'write') {
    const write = step.writes.find(({ item }) => item === chosen.key);
    if (!write) return null;
    return (
      <Facts title={short(write)} kind={texts.kinds.write} from={write.from} to={write.to}>
        <dt>{texts.intent}</dt><dd>{spelled(write.kind)}</dd>
        <dt>{texts.item}</dt><dd>{write.item}</dd>
        <dt>{texts.outcome}</dt><dd>{texts.outcomes[write.outcome ?? 'open']}</dd>
        {write.reconciled.length > 0 && (
          <>
            <dt>{texts.reconciliation}</dt>
            <dd><ol class="reasons">{write.reconciled.map(({ what, at }) => <li key={`${what}${at}`}>{texts.reconciled[what]} · {clock(at)}</li>)}</ol></dd>
          </>
        )}
      </Facts>
    );
  }
  return (
    <Facts title={spelled(step.id)} kind={texts.kinds.step} from={step.from} to={step.to}>
      {step.attempts.map((attempt) => (
        <>
          <dt>{texts.attempt(attempt.number)}</dt>
          <dd>
            {clock(attempt.from)} · {lasted((attempt.to ? Date.parse(attempt.to) : Date.now()) - Date.parse(attempt.from))}
            {attempt.error && <p>{attempt.error}</p>}
            {attempt.retryAt && <p class="soft">{texts.retryAt} {clock(attempt.retryAt)}</p>}
          </dd>
        </>
      ))}
      {step.writes.length > 0 && <><dt>{texts.writesWord}</dt><dd>{texts.writesIn(step.writes.length)}</dd></>}
    </Facts>
  );
}

function Facts({ title, kind, from, to, children }: { title: string; kind: string; from: string; to: string | undefined; children: preact.ComponentChildren }) {
  const texts = t().run;
  return (
    <div class="stack">
      <div>
        <p class="soft small">{kind}</p>
        <h3 class="wraps">{title}</h3>
      </div>
      <dl class="facts">
        <dt>{texts.begun}</dt><dd>{clock(from)}</dd>
        <dt>{texts.ended}</dt><dd>{to ? clock(to) : '–'}</dd>
        <dt>{texts.duration}</dt><dd>{lasted((to ? Date.parse(to) : Date.now()) - Date.parse(from))}</dd>
        {children}
      </dl>
    </div>
  );
}
