import { ActionIcon, NativeSelect } from '@mantine/core';
import { Download, Link2, Search, TextWrap } from 'lucide-react';
import { notifications } from '@mantine/notifications';
import type { VmRow } from '@/api/vm';
import { copyText } from '@/lib/clipboard';
import { formatInstant } from '@/lib/duration';
import { formatBytes } from '@/lib/size';
import { CHANNELS, type Boot, type Channel } from '@/live/logMessages';
import type { LogPlace, LogView } from '@/live/logView';
import { channelNames, downloadUrl, writePlace } from './place';
import classes from './LogReader.module.css';

interface Props {
  row: VmRow;
  view: LogView;
  wrap: boolean;
  marked: number | null;
  onWrap: (wrap: boolean) => void;
  onChoose: (place: LogPlace) => void;
  onSearch: () => void;
}

/** Which log of which start is shown, and what can be done with it. */
export function LogToolbar({ row, view, wrap, marked, onWrap, onChoose, onSearch }: Props) {
  const { channel, boot, boots } = view;
  const newest = boots.find(({ current }) => current)?.boot;
  const copyLink = async () => {
    const at = marked ?? view.window.lines.at(-1)?.position ?? 0;
    const url = new URL(window.location.href);
    url.search = new URLSearchParams({ ...writePlace({ channel, boot, at }) }).toString();
    if (await copyText(url.href)) notifications.show({ message: 'Link copied', autoClose: 3_000 });
  };
  return (
    <div className={classes.bar}>
      <NativeSelect
        aria-label="Log"
        value={channel}
        data={CHANNELS.map((value) => ({ value, label: channelNames[value] }))}
        onChange={({ currentTarget: { value } }) =>
          onChoose({ channel: value as Channel, boot: null, at: null })
        }
      />
      <NativeSelect
        aria-label="Start of the VM"
        value={boot === null || boot === newest ? '' : String(boot)}
        data={[
          {
            value: '',
            label: newest === undefined ? 'Newest start' : bootLabel(boots.at(-1), 'Newest start'),
          },
          ...boots
            .filter(({ current }) => !current)
            .toReversed()
            .map((each) => ({ value: String(each.boot), label: bootLabel(each, `Start ${each.boot}`) })),
        ]}
        onChange={({ currentTarget: { value } }) =>
          onChoose({ channel, boot: value === '' ? null : Number(value), at: null })
        }
      />
      <div className={classes.tools}>
        <ActionIcon
          variant="default"
          size="lg"
          aria-label="Search"
          title="Search (Ctrl F)"
          onClick={onSearch}
        >
          <Search size={16} aria-hidden />
        </ActionIcon>
        <ActionIcon
          variant="default"
          size="lg"
          aria-label="Wrap long lines"
          title="Wrap long lines"
          aria-pressed={wrap}
          className={classes.toggle ?? ''}
          onClick={() => onWrap(!wrap)}
        >
          <TextWrap size={16} aria-hidden />
        </ActionIcon>
        <ActionIcon
          variant="default"
          size="lg"
          aria-label={marked === null ? 'Copy a link to the last line' : 'Copy a link to the marked line'}
          title={
            marked === null
              ? 'Copy a link to the last line; click a line to mark it'
              : 'Copy a link to the marked line'
          }
          disabled={boot === null || view.window.lines.length === 0}
          onClick={() => void copyLink()}
        >
          <Link2 size={16} aria-hidden />
        </ActionIcon>
        <ActionIcon
          component="a"
          variant="default"
          size="lg"
          href={downloadUrl(row.id, channel, boot, boots)}
          aria-label="Download"
          title="Download as a text file (its last 100,000 lines)"
        >
          <Download size={16} aria-hidden />
        </ActionIcon>
      </div>
    </div>
  );
}

function bootLabel(boot: Boot | undefined, name: string): string {
  if (!boot) return name;
  const when = boot.began_at === null ? '' : ` · ${formatInstant(boot.began_at)}`;
  return `${name}${when} · ${formatBytes(boot.size)}`;
}
