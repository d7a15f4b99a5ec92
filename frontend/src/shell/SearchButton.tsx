import { Search } from 'lucide-react';
import classes from './SearchButton.module.css';

interface Props {
  onOpen: () => void;
  /** Only its picture, where there is no room for words. */
  bare?: boolean;
}

/** Opens the palette, and says by which keys it opens, too. */
export function SearchButton({ onOpen, bare }: Props) {
  return (
    <button
      type="button"
      className={bare ? classes.bare : classes.wide}
      aria-label="Find and do"
      aria-keyshortcuts="Control+K"
      onClick={onOpen}
    >
      <Search size={bare ? 18 : 15} aria-hidden />
      {!bare && (
        <>
          <span>Find and do…</span>
          <kbd>Ctrl K</kbd>
        </>
      )}
    </button>
  );
}
