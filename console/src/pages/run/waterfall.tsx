// A run over time: a line for each step, below it its waits and its writes, and beside all of them what
// is known of the one that was chosen.

import { useMemo, useState } from 'preact/hooks';

import { Button } from '../../components/button';
import { Card } from '../../components/card';
import { Icon } from '../../components/icon';
import { Waiting } from '../../components/states';
import { useTick } from '../../components/time';
import type { Picture, Step, Wait, Write } from '../../run/picture';
import { type Scale, scaleOf } from '../../run/scale';
import { spelled } from '../../state/words';
import { t } from '../../texts';
import { lasted } from '../../texts/format';
import { type Chosen, Detail } from './detail';

const TICK_MS = 500;
/** Writes that are drawn before somebody asks for more. */
const PAGE = 80;

export function Waterfall({ picture }: { picture: Picture }) {
  const texts = t().run;
  const [chosen, setChosen] = useState<Chosen>();
  const isOver = picture.to !== undefined;
  useTick(isOver ? undefined : TICK_MS);
  const now = isOver ? 0 : Date.now();
  const scale = useMemo(() => scaleOf(picture, now), [picture, now]);
  return (
    <div class="beside">
      <Card title={texts.timeline} lead={texts.timelineLead} flush>
        {picture.steps.length === 0
          ? (picture.events.length === 0 ? <Waiting lines={4} /> : <p class="body-pad soft">{texts.nothingYet}</p>)
          : (
            <ol class="waterfall" aria-label={texts.timeline}>
              {picture.steps.map((step) => <StepLines key={step.id} step={step} scale={scale} chosen={chosen} onChoose={setChosen} />)}
            </ol>
          )}
      </Card>
      <Card title={texts.detail}>
        <div aria-live="polite"><Detail picture={picture} chosen={chosen} /></div>
      </Card>
    </div>
  );
}

interface Lines {
  step: Step;
  scale: Scale;
  chosen: Chosen | undefined;
  onChoose: (chosen: Chosen) => void;
}

function StepLines({ step, scale, chosen, onChoose }: Lines) {
  const texts = t().run;
  const [open, setOpen] = useState(false);
  const [shown, setShown] = useState(PAGE);
  const end = step.to ?? undefined;
  const isChosen = (kind: Chosen['kind'], key: string | number) => chosen?.step === step.id && chosen.kind === kind && chosen.key === key;
  const tone = step.standing === 'failed' ? 'bad' : step.standing === 'waiting' ? 'notice' : step.standing === 'ended' ? 'plain' : step.standing === 'running' ? 'calm' : 'good';
  return (
    <li>
      <Line label={spelled(step.id)} kind="step" pressed={isChosen('step', step.id)} onPress={() => onChoose({ step: step.id, kind: 'step', key: step.id })} took={duration(step.from, end)}>
        {step.attempts.map((attempt) => <Bar key={attempt.number} scale={scale} from={attempt.from} to={attempt.to} tone={attempt.error ? 'bad' : tone} />)}
        {step.waits.map((wait) => <Bar key={wait.number} scale={scale} from={wait.from} to={wait.to} tone="wait" />)}
      </Line>
      {(step.waits.length > 0 || step.writes.length > 0) && (
        <ol>
          {step.waits.map((wait) => (
            <li key={wait.number}>
              <Line label={waitWords(wait)} kind="wait" pressed={isChosen('wait', wait.number)} onPress={() => onChoose({ step: step.id, kind: 'wait', key: wait.number })} took={duration(wait.from, wait.to)}>
                <Bar scale={scale} from={wait.from} to={wait.to} tone="wait" />
              </Line>
            </li>
          ))}
          {step.writes.length > 0 && (
            <li class="fold">
              <Button small look="quiet" icon={open ? 'up' : 'down'} onPress={() => setOpen(!open)}>{open ? texts.hideWrites : texts.showWrites(step.writes.length)}</Button>
              <Ends writes={step.writes} />
            </li>
          )}
          {open && step.writes.slice(0, shown).map((write) => (
            <li key={write.item}>
              <Line label={short(write)} kind="write" pressed={isChosen('write', write.item)} onPress={() => onChoose({ step: step.id, kind: 'write', key: write.item })} took={duration(write.from, write.to)}>
                <Bar scale={scale} from={write.from} to={write.to} tone={writeTone(write)} />
              </Line>
            </li>
          ))}
          {open && shown < step.writes.length && <li class="fold"><Button small look="quiet" onPress={() => setShown(shown + PAGE * 3)}>{texts.moreWrites(step.writes.length - shown)}</Button></li>}
        </ol>
      )}
    </li>
  );
}

/** How the writes of a step ended so far, counted. */
function Ends({ writes }: { writes: Write[] }) {
  const words = t().run.outcomeShort;
  const counts = new Map<keyof typeof words, number>();
  for (const { outcome } of writes) counts.set(outcome ?? 'open', (counts.get(outcome ?? 'open') ?? 0) + 1);
  return <span class="soft small number">{[...counts].map(([end, count]) => `${count} ${words[end]}`).join(', ')}</span>;
}

const duration = (from: string, to: string | undefined) => lasted((to ? Date.parse(to) : Date.now()) - Date.parse(from));

export const waitWords = ({ why }: Wait) => t().run.waitReasons[why.reason];

/** `actions/task:acme.example` is what the step calls it; the step is on the line above. */
export const short = ({ item }: Write) => item.slice(item.indexOf('/') + 1);

export const writeTone = ({ outcome }: Write) =>
  outcome === undefined ? 'calm' : outcome === 'landed' ? 'good' : outcome === 'abandoned' ? 'plain' : outcome === 'unknown_outcome' ? 'notice' : 'bad';

function Line({ label, kind, pressed, onPress, took, children }: { label: string; kind: Chosen['kind']; pressed: boolean; onPress: () => void; took: string; children: preact.ComponentChildren }) {
  return (
    <button type="button" class={`line ${kind}`} aria-pressed={pressed} onClick={onPress}>
      <span class="name">{kind === 'wait' && <Icon name="hand" />}{kind === 'write' && <Icon name="write" />}<span class="cut">{label}</span></span>
      <span class="track" aria-hidden="true">{children}</span>
      <span class="took number">{took}</span>
    </button>
  );
}

function Bar({ scale, from, to, tone }: { scale: Scale; from: string; to: string | undefined; tone: string }) {
  const begin = scale.place(from);
  const end = scale.place(to ?? Date.now());
  return <span class={`bar ${tone} ${to ? '' : 'on'}`} style={{ left: `${begin * 100}%`, width: `${Math.max(0, end - begin) * 100}%` }} />;
}
