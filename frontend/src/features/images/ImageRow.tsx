import { Button } from '@mantine/core';
import type { ImageRow as Row } from '@/api/image';
import { CopyButton } from '@/components/ui/CopyButton';
import { shorten } from '@/lib/shorten';
import { formatBytes } from '@/lib/size';
import { RunsOn } from './RunsOn';
import { UsedBy } from './UsedBy';
import classes from './Table.module.css';

interface Props {
  image: Row;
  /** Its deletion was asked for and is not answered yet. */
  busy: boolean;
  onDelete: (name: string) => void;
}

/** The id of a row's button, so that focus can go back to it from the dialog. */
export const deleteButtonId = (name: string): string => `delete-${name}`;

/** Not `disabled`: whoever comes by keyboard is to hear why it can't be pressed. */
const refused = {
  'aria-disabled': true,
  'data-disabled': true,
  title: 'It is used: remove its VMs, or give them another image first',
};

/** One image: what it is, what it is good for, and why it is not. */
export function ImageRow({ image, busy, onDelete }: Props) {
  const used = image.used_by.count > 0;
  const deleting = busy || image.deleting;
  return (
    <div className={classes.row} data-of="images" role="row">
      <div className={classes.name} role="rowheader">
        <span className={classes.line}>
          <span className={classes.nameText} title={image.name}>
            {image.name}
          </span>
          {image.is_dev && (
            <span className={classes.dev} title="For development: whoever runs it can look inside">
              dev
            </span>
          )}
        </span>
        <Facts image={image} />
      </div>
      <RunsOn image={image} />
      <div className={classes.size} role="cell">
        {image.size > 0 ? formatBytes(image.size) : <None word="unknown" />}
      </div>
      <UsedBy image={image} />
      <div className={classes.actions} role="cell">
        <Button
          id={deleteButtonId(image.name)}
          size="compact-sm"
          variant="default"
          loading={deleting}
          aria-label={`Delete ${image.name}`}
          {...(used && refused)}
          onClick={() => !used && onDelete(image.name)}
        >
          Delete
        </Button>
      </div>
      {image.problem && (
        <p className={classes.problem} role="presentation">
          {image.problem}
        </p>
      )}
      {image.delete_error && (
        <p className={classes.problem} role="presentation">
          Could not be deleted: {image.delete_error}
        </p>
      )}
    </div>
  );
}

function Facts({ image }: { image: Row }) {
  // Of an image that says nothing of itself the server gives its metadata, which is for programs.
  const description = image.description.startsWith('{') ? '' : image.description;
  if (!image.version && !description && !image.digest) return null;
  return (
    <span className={classes.facts}>
      {image.version && <span>{image.version}</span>}
      {description && (
        <span className={classes.description} title={description}>
          {description}
        </span>
      )}
      {image.digest && (
        <span className={classes.digest}>
          <span className={classes.mono} title={`Digest ${image.digest}`}>
            {shorten(image.digest)}
          </span>
          <CopyButton text={image.digest} label={`Copy digest of ${image.name}`} />
        </span>
      )}
    </span>
  );
}

function None({ word }: { word: string }) {
  return (
    <>
      <span aria-hidden>–</span>
      <span className="visually-hidden">{word}</span>
    </>
  );
}
