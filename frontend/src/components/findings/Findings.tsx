import { Fragment } from 'react';
import type { Finding } from '@/api/vm';
import { CopyButton } from '@/components/ui/CopyButton';
import { StatusWord } from '@/components/ui/StatusWord';
import classes from './Findings.module.css';
import { remedyParts } from './remedy';

const levels = {
  problem: { word: 'Problem', tone: 'red', rank: 0 },
  warning: { word: 'Warning', tone: 'amber', rank: 1 },
  note: { word: 'Note', tone: 'grey', rank: 2 },
  ok: { word: 'Fine', tone: 'green', rank: 3 },
} as const;

interface Props {
  findings: readonly Finding[];
  /** As the page around it has it. */
  heading?: 'h3' | 'h4';
}

/** What a look at the host found, by what it is about: the group of the worst finding first. */
export function Findings({ findings, heading: Heading = 'h3' }: Props) {
  return (
    <div className={classes.frame}>
      {inGroups(findings).map(([group, members]) => (
        <section key={group} className={classes.group}>
          <Heading className={classes.title}>{group}</Heading>
          <ul className={classes.list}>
            {members.map((finding) => (
              <li key={finding.id} className={classes.finding}>
                <StatusWord tone={levels[finding.level].tone}>{levels[finding.level].word}</StatusWord>
                <div className={classes.words}>
                  <p>
                    <strong>{capital(finding.title)}:</strong> {finding.found}.
                    {finding.prevents && finding.affects.length > 0 && (
                      <span className={classes.affects}>
                        {' '}
                        Without it there are no {finding.affects.join(' and no ')}.
                      </span>
                    )}
                  </p>
                  {finding.remedy !== '' && <Remedy text={finding.remedy} />}
                </div>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

/** What to do, its commands ready to be copied. */
function Remedy({ text }: { text: string }) {
  return (
    <p className={classes.remedy}>
      <span className={classes.lead}>To mend it: </span>
      {remedyParts(text).map((part, place) => (
        <Fragment key={place}>
          {part.kind === 'words' ? (
            part.text
          ) : (
            <span className={classes.command}>
              <code>{part.text}</code>
              <CopyButton text={part.text} label={`Copy ${part.text}`} />
            </span>
          )}
        </Fragment>
      ))}
    </p>
  );
}

function inGroups(findings: readonly Finding[]): [string, Finding[]][] {
  const worstFirst = [...findings].sort((a, b) => levels[a.level].rank - levels[b.level].rank);
  const groups = new Map<string, Finding[]>();
  for (const finding of worstFirst)
    groups.set(finding.group, [...(groups.get(finding.group) ?? []), finding]);
  return [...groups];
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
