// What `npm run mutate` breaks: promises of the engine, each withdrawn by one small change.

/** `search` must occur exactly once in `file`. */
export const mutations = [
  {
    name: 'send without an intent on record',
    file: 'src/workflow/effects.rs',
    search: 'self.log.append(vec![intent], Alarm::Keep).await?;',
    replace: 'let _ = intent;',
  },
  {
    name: 'send again without looking',
    file: 'src/workflow/effects.rs',
    search: 'if let Some(open) = &history.open {',
    replace: 'if let Some(open) = history.open.as_ref().filter(|_| false) {',
  },
  {
    name: 'do not journal that a write landed',
    file: 'src/workflow/effects.rs',
    search: 'self.record(key, outcome).await?;\n                Ok(Settled::Landed(receipt))',
    replace: 'let _ = outcome;\n                Ok(Settled::Landed(receipt))',
  },
  {
    name: 'believe a search that lags',
    file: 'src/workflow/effects.rs',
    search: 'Found::Absent if look.at >= look.visible_at =>',
    replace: 'Found::Absent if look.at.plus(Duration::from_secs(3600)) >= look.visible_at =>',
  },
  {
    name: 'go on with a memory that storage does not share',
    file: 'src/workflow/log.rs',
    search: 'if self.failed.get() {\n            return Err(StoreError("an earlier write failed".into()));\n        }\n        let done',
    replace: 'let done',
  },
  {
    name: 'take the time of a slow answer for the time of the look',
    file: 'src/workflow/effects.rs',
    search: 'Found::Absent if look.at >= look.visible_at =>',
    replace: 'Found::Absent if self.clock.now() >= look.visible_at =>',
  },
  {
    name: 'count the lag from the intent',
    file: 'src/workflow/effect.rs',
    search: 'self.unanswered_at.map_or(latest, |at| at.plus(STRAGGLER))',
    replace: 'self.unanswered_at.map_or(latest, |_| self.at).min(self.at)',
  },
  {
    name: 'forget when a failed step is due',
    file: 'src/workflow/head.rs',
    search: 'self.due = *retry_at;',
    replace: 'let _ = retry_at;\n                self.due = at;',
  },
  {
    name: 'wake before the due time',
    file: 'src/workflow/head.rs',
    search: 'suspension.reason.due(suspension.since)',
    replace: 'suspension.reason.due(suspension.since).map(|_| suspension.since)',
  },
  {
    name: 'accept a second resume',
    file: 'src/workflow/head.rs',
    search: `                Some(won) if number.is_none_or(|number| number == won.number) => {
                    Refusal::AlreadyResumed {
                        by: won.by.clone(),
                        at: won.at,
                    }
                }`,
    replace: `                Some(won) if number.is_none_or(|number| number == won.number) => {
                    return Ok(Record::Resumed {
                        number: won.number,
                        by,
                        payload,
                    });
                }`,
  },
  {
    name: "do not check a resume's number",
    file: 'src/workflow/head.rs',
    search: '&& number != suspension.number',
    replace: '&& number == u32::MAX',
  },
  {
    name: 'write after a cancel',
    file: 'src/workflow/head.rs',
    search: 'pub fn may_write(&self) -> bool {\n        self.status == RunStatus::Running',
    replace: 'pub fn may_write(&self) -> bool {\n        !self.status.ended()',
  },
  {
    name: 'cancel without settling what is under way',
    file: 'src/workflow/runner.rs',
    search: 'for key in self.log.store().open_intents()? {',
    replace: 'for key in self.log.store().open_intents()?.into_iter().take(0) {',
  },
  {
    name: 'give up telling the outside',
    file: 'src/workflow/runner.rs',
    search: '            Err(_) => Ok(()),\n        }\n    }\n\n    async fn rest',
    replace: '            Err(_) => self.log.mark_published(&head, alarm).await,\n        }\n    }\n\n    async fn rest',
  },
  {
    name: 'overlook an alarm during another',
    file: 'src/workflow/runner.rs',
    search: 'return self.log.set_alarm(Alarm::At(again)).await;',
    replace: 'let _ = again;\n            return Ok(());',
  },
  {
    name: 'send out of turn',
    file: 'src/connector/transport.rs',
    search: 'turn.await.map_err(Unanswered::Failed)?;',
    replace: 'drop(turn);',
  },
  {
    name: 'start a started run anew',
    file: 'src/workflow/runner.rs',
    search: 'if self.log.head().is_some() {\n            return Ok(());\n        }',
    replace: '',
  },
];
