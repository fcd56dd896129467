/** The tags of anything that has tags. */
import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import Input from "@cloudscape-design/components/input";
import { useState } from "react";

import type { Loaded } from "../load";
import { useTell } from "../page";
import { strings } from "../strings";
import { ActionButton } from "./action-button";
import { Dialog } from "./dialog";
import { List } from "./list";

const text = strings.tags;
const MOST = 50;
/** As the SDK has them. */
export interface Tag {
  Key: string | undefined;
  Value: string | undefined;
}
interface Props {
  from: Loaded<Tag[]>;
  /** The action that tags: `iam:TagUser`. */
  needs: string;
  set: (tags: Tag[]) => Promise<unknown>;
  remove: (keys: string[]) => Promise<unknown>;
}

export function Tags({ from, needs, set, remove }: Props) {
  const [editing, setEditing] = useState(false);
  const tell = useTell();
  const done = () => {
    setEditing(false);
    from.reload();
    tell("success", text.saved);
  };
  return (
    <>
      <List
        title={text.title}
        variant="container"
        from={from}
        trackBy="Key"
        empty={text.empty}
        columns={[
          { id: "key", header: text.key, cell: (tag) => tag.Key, sortingField: "Key", isRowHeader: true },
          { id: "value", header: text.value, cell: (tag) => tag.Value, sortingField: "Value" },
        ]}
        actions={() => (
          <ActionButton needs={needs} disabled={from.value === undefined} onClick={() => setEditing(true)}>
            {text.edit}
          </ActionButton>
        )}
      />
      {editing && <Editing present={from.value ?? []} needs={needs} set={set} remove={remove} done={done} close={() => setEditing(false)} />}
    </>
  );
}

interface EditingProps extends Omit<Props, "from"> {
  present: Tag[];
  done: () => void;
  close: () => void;
}

function Editing({ present, needs, set, remove, done, close }: EditingProps) {
  const [tags, setTags] = useState<Tag[]>(present);
  const kept = new Set(tags.map((tag) => tag.Key));
  const gone = present.map((tag) => tag.Key ?? "").filter((key) => !kept.has(key));
  const changed = tags.filter((tag) => !present.some((one) => one.Key === tag.Key && one.Value === tag.Value));
  const asks = [...(gone.length ? [needs.replace(":Tag", ":Untag")] : []), ...(changed.length ? [needs] : [])];
  const save = async () => {
    if (gone.length) await remove(gone);
    if (changed.length) await set(changed);
  };
  return (
    <Dialog title={text.edit} action={text.save} needs={asks} size="large" work={save} done={done} close={close}>
      <TagFields tags={tags} change={setTags} />
    </Dialog>
  );
}

/** Rows of keys and values to fill in. */
export function TagFields({ tags, change }: { tags: Tag[]; change: (tags: Tag[]) => void }) {
  const put = (index: number, changes: Partial<Tag>) =>
    change(tags.map((tag, at) => (at === index ? { ...tag, ...changes } : tag)));
  const field = (part: "Key" | "Value", label: string) => ({
    label,
    control: (tag: Tag, index: number) => (
      <Input value={tag[part] ?? ""} ariaLabel={`${label} ${index + 1}`} onChange={({ detail }) => put(index, { [part]: detail.value })} />
    ),
  });
  return (
    <AttributeEditor
      items={tags}
      definition={[field("Key", text.key), field("Value", text.value)]}
      addButtonText={text.add}
      removeButtonText={text.remove}
      disableAddButton={tags.length >= MOST}
      empty={text.empty}
      onAddButtonClick={() => change([...tags, { Key: "", Value: "" }])}
      onRemoveButtonClick={({ detail }) => change(tags.filter((_, at) => at !== detail.itemIndex))}
    />
  );
}
