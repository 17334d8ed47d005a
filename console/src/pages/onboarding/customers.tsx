// All customers, to be searched, filtered and sorted. Only so many lines are drawn as somebody has
// scrolled to, so that a thousand cost no more than a screenful.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';

import { AppLink } from '../../components/app_link';
import { HealthBadge, type Health } from '../../components/badge';
import { Button } from '../../components/button';
import { Card } from '../../components/card';
import { Search, Segments } from '../../components/fields';
import { Icon } from '../../components/icon';
import { Score } from '../../components/score';
import { Empty } from '../../components/states';
import { reasonsOf } from '../../onboarding/findings';
import type { Customer } from '../../onboarding/history';
import type { Action } from '../../onboarding/result';
import { Spark } from '../../plots/spark';
import { t } from '../../texts';
import { number } from '../../texts/format';
import { CustomerDetail } from './customer';
import { Delta } from './delta';

type Filter = 'all' | Health | 'changed';
type Order = 'score' | 'name' | 'delta';

const PAGE = 60;
const FILTERS: Filter[] = ['all', 'critical', 'at_risk', 'healthy', 'changed'];

const passes = (filter: Filter) => ({ status, change }: Customer) =>
  filter === 'all' || (filter === 'changed' ? change !== 'same' : status === filter);

const COMPARE: Record<Order, (a: Customer, b: Customer) => number> = {
  score: (a, b) => a.score - b.score,
  name: (a, b) => a.name.localeCompare(b.name),
  delta: (a, b) => (a.delta ?? 0) - (b.delta ?? 0),
};

const tasksFirst = (a: Action, b: Action) => Number(a.kind === 'add_comment') - Number(b.kind === 'add_comment');

export function Customers({ customers, actions, runs }: { customers: Customer[]; actions: Action[]; runs: number }) {
  const texts = t().onboarding;
  const [search, setSearch] = useState('');
  const [filter, setFilter] = useState<Filter>('all');
  const [order, setOrder] = useState<{ by: Order; down: boolean }>({ by: 'score', down: false });
  const [shown, setShown] = useState(PAGE);
  const [open, setOpen] = useState<string>();
  const byCustomer = useMemo(() => Map.groupBy([...actions].sort(tasksFirst), ({ customer }) => customer), [actions]);
  // What each is found by, made once and not with every letter that is typed.
  const text = useMemo(
    () => new Map(customers.map((customer) => [customer, `${customer.name} ${customer.key} ${reasonsOf(customer).join(' ')}`.toLocaleLowerCase()])),
    [customers, texts],
  );
  const found = useMemo(() => {
    const words = search.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const matching = customers.filter(passes(filter)).filter((customer) => words.every((word) => text.get(customer)?.includes(word)));
    const sorted = matching.sort(COMPARE[order.by]);
    return order.down ? sorted.reverse() : sorted;
  }, [customers, text, search, filter, order]);
  useEffect(() => setShown(PAGE), [search, filter, order]);
  const sort = (by: Order) => setOrder((now) => ({ by, down: now.by === by && !now.down }));
  const selected = customers.find(({ key }) => key === open);

  return (
    <Card title={texts.allCustomers} flush>
      <div class="toolbar">
        <Search label={texts.search} value={search} onInput={setSearch} />
        <Segments
          label={texts.filter}
          value={filter}
          onChoose={setFilter}
          choices={FILTERS.map((value) => ({ value, label: texts.filters[value], count: customers.filter(passes(value)).length }))}
        />
        <span class="soft small" role="status">{texts.found(found.length)}</span>
      </div>
      {found.length === 0
        ? <Empty icon="search" title={texts.noneFound} actions={<Button onPress={() => { setSearch(''); setFilter('all'); }}>{texts.clear}</Button>} />
        : (
          <table class="table folds customers" aria-rowcount={found.length + 1}>
            <caption class="unseen">{texts.allCustomers}</caption>
            <thead>
              <tr>
                <Sorter by="name" order={order} onSort={sort}>{texts.columns.customer}</Sorter>
                <th scope="col">{texts.columns.status}</th>
                <Sorter by="score" order={order} onSort={sort} end>{texts.columns.score}</Sorter>
                <Sorter by="delta" order={order} onSort={sort} end>{texts.columns.change}</Sorter>
                <th scope="col">{texts.columns.history}</th>
                <th scope="col">{texts.columns.why}</th>
                <th scope="col">{texts.columns.done}</th>
              </tr>
            </thead>
            <tbody>
              {found.slice(0, shown).map((customer, at) => (
                <Row key={customer.key} customer={customer} actions={byCustomer.get(customer.key) ?? []} at={at} runs={runs} onOpen={setOpen} />
              ))}
            </tbody>
          </table>
        )}
      {shown < found.length && <Tail onReach={() => setShown((count) => count + PAGE)} left={found.length - shown} />}
      {selected && <CustomerDetail customer={selected} actions={byCustomer.get(selected.key) ?? []} onClose={() => setOpen(undefined)} />}
    </Card>
  );
}

function Sorter({ by, order, onSort, end, children }: { by: Order; order: { by: Order; down: boolean }; onSort: (by: Order) => void; end?: boolean; children: string }) {
  const active = order.by === by;
  return (
    <th scope="col" class={end ? 'end' : ''} aria-sort={active ? (order.down ? 'descending' : 'ascending') : undefined}>
      <button type="button" class="sorter" onClick={() => onSort(by)}>
        {children}
        {active && <Icon name={order.down ? 'down' : 'up'} />}
      </button>
    </th>
  );
}

function Row({ customer, actions, at, runs, onOpen }: { customer: Customer; actions: Action[]; at: number; runs: number; onOpen: (key: string) => void }) {
  const texts = t().onboarding;
  const { name, score, status, points } = customer;
  const reasons = reasonsOf(customer);
  return (
    <tr aria-rowindex={at + 2}>
      <td class="grow"><button type="button" class="open" onClick={() => onOpen(customer.key)}>{name}</button></td>
      <td><HealthBadge status={status} /></td>
      <td class="end"><Score score={score} status={status} /></td>
      <td class="end"><Delta customer={customer} /></td>
      <td class="not-narrow">{runs > 1 && <Spark points={points} label={texts.historyOf(name)} />}</td>
      <td class="whole why"><div class="cut soft small" title={reasons.join('\n')}>{reasons[0] ?? texts.noReason}{reasons.length > 1 && <> · +{number(reasons.length - 1)}</>}</div></td>
      <td class="whole small"><Done name={name} actions={actions} /></td>
    </tr>
  );
}

/** What was written, in as few words as there are. */
function Done({ name, actions }: { name: string; actions: Action[] }) {
  const texts = t().onboarding;
  if (actions.length === 0) return null;
  return (
    <span class="row">
      {actions.map((action) => (
        <span key={action.kind} class={`row near ${action.status === 'done' ? '' : 'soft'}`}>
          <Icon name={action.status === 'done' ? 'check' : action.status === 'already_flagged' || action.status === 'flagged_by_another_run' ? 'clock' : 'alert'} />
          {action.kind === 'create_task'
            ? <AppLink href={action.taskUrl}>{texts.task}<span class="unseen"> {name}</span></AppLink>
            : <AppLink href={action.issueUrl}>{action.issue ?? texts.comment}</AppLink>}
          {action.status !== 'done' && <span class="unseen">{texts.actionStatuses[action.status]}</span>}
        </span>
      ))}
    </span>
  );
}

/** Asks for more once it comes into view; a button for whoever does not scroll. */
function Tail({ onReach, left }: { onReach: () => void; left: number }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const observer = new IntersectionObserver(([entry]) => entry?.isIntersecting && onReach(), { rootMargin: '600px' });
    if (place.current) observer.observe(place.current);
    return () => observer.disconnect();
  }, [left]);
  return <div class="tail" ref={place}><Button small look="quiet" onPress={onReach}>{t().onboarding.showMore(left)}</Button></div>;
}
