// One message. Whatever a model or a tool said is shown as text.

import { useState } from 'preact/hooks';

import { isTool, type Message, type ToolPart } from '../../assistant/message';
import { Badge, type Tone } from '../../components/badge';
import { Button } from '../../components/button';
import type { IconName } from '../../components/icon';
import { More } from '../../components/more';
import { Segments } from '../../components/fields';
import { InEnglish } from '../../components/said';
import { runPath } from '../../state/starting';
import { spelled } from '../../state/words';
import { t } from '../../texts';
import { Value } from '../run/value';

const STATES: Record<ToolPart['state'], { tone: Tone; icon: IconName }> = {
  'input-available': { tone: 'calm', icon: 'turn' },
  'approval-requested': { tone: 'notice', icon: 'hand' },
  'approval-responded': { tone: 'calm', icon: 'turn' },
  'output-available': { tone: 'good', icon: 'check' },
  'output-error': { tone: 'bad', icon: 'alert' },
  'output-denied': { tone: 'plain', icon: 'dash' },
};

export function MessageView({ message, agent, onAnswer }: { message: Message; agent: string; onAnswer: (message: Message) => void }) {
  const texts = t().assistant;
  const mine = message.role === 'user';
  const asked = message.parts.filter(isTool).filter(({ state }) => state === 'approval-requested');
  const end = message.metadata?.end;
  const ends: Record<string, string> = texts.ends;
  return (
    <article class={mine ? 'mine' : 'theirs'} aria-label={mine ? texts.you : texts.agent}>
      {message.parts.map((part, at) =>
        part.type === 'text' ? <p key={at} class="text">{part.text}</p> : isTool(part) ? <ToolView key={part.toolCallId} part={part} /> : null)}
      {asked.length > 0 && <Question message={message} asked={asked} onAnswer={onAnswer} />}
      {end !== undefined && end !== 'answered' && <p class="soft small">{ends[end] ?? spelled(end)}</p>}
      {message.metadata?.how === 'cancelled' && <p class="soft small">{t().run.statuses.cancelled}</p>}
      {!mine && <p class="small"><a href={runPath(agent, message.id)}>{t().home.seeRun}</a></p>}
    </article>
  );
}

function ToolView({ part }: { part: ToolPart }) {
  const texts = t().assistant;
  const asks = part.state === 'approval-requested';
  return (
    <div class="call">
      <More open={asks} title={<>{spelled(part.toolName)} <Badge {...STATES[part.state]} turning={STATES[part.state].icon === 'turn'}>{texts.states[part.state]}</Badge></>}>
        <div class="stack near small">
          <Value value={part.input} />
          {part.errorText && <p><InEnglish>{part.errorText}</InEnglish></p>}
          {part.output !== undefined && <><h3>{t().tools.outcome}</h3><Value value={part.output} /></>}
        </div>
      </More>
    </div>
  );
}

type Answer = 'approve' | 'reject';

/** All that a turn asks about is answered at once: what is left out would count as no. */
function Question({ message, asked, onAnswer }: { message: Message; asked: ToolPart[]; onAnswer: (message: Message) => void }) {
  const texts = t().assistant;
  const [answers, setAnswers] = useState<Record<string, Answer>>({});
  const of = ({ toolCallId }: ToolPart) => answers[toolCallId] ?? 'approve';
  const answer = (each: (part: ToolPart) => Answer) =>
    onAnswer({
      ...message,
      parts: message.parts.map((part) =>
        isTool(part) && part.state === 'approval-requested' && part.approval
          ? { ...part, state: 'approval-responded', approval: { ...part.approval, approved: each(part) === 'approve' } }
          : part),
    });
  return (
    <div class="question stack near">
      <h3>{t().approval.title}</h3>
      {asked.length > 1 && asked.map((part) => (
        <div key={part.toolCallId} class="row apart">
          <span>{spelled(part.toolName)}</span>
          <Segments
            label={spelled(part.toolName)}
            value={of(part)}
            onChoose={(value) => setAnswers({ ...answers, [part.toolCallId]: value })}
            choices={[{ value: 'approve', label: texts.yes }, { value: 'reject', label: texts.no }]}
          />
        </div>
      ))}
      <div class="row">
        <Button look="primary" icon="check" onPress={() => answer(of)}>{asked.length > 1 ? texts.answer : texts.approve}</Button>
        <Button look="danger" onPress={() => answer(() => 'reject')}>{texts.reject}</Button>
      </div>
    </div>
  );
}
