/** Takes a SAML metadata document: out of a file, or pasted. */
import FileUpload from "@cloudscape-design/components/file-upload";
import FormField from "@cloudscape-design/components/form-field";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useState } from "react";

import { strings } from "../strings";

const text = strings.provider;

export function MetadataField({ value, change }: { value: string; change: (value: string) => void }) {
  const [files, setFiles] = useState<File[]>([]);
  const take = async (chosen: File[]) => {
    setFiles(chosen);
    change((await chosen[0]?.text()) ?? "");
  };
  return (
    <SpaceBetween size="m">
      <FormField label={text.metadata} description={text.metadataHint}>
        <FileUpload
          value={files}
          accept=".xml,application/xml,text/xml"
          showFileSize
          onChange={({ detail }) => void take(detail.value)}
          i18nStrings={{
            uploadButtonText: () => text.choose,
            dropzoneText: () => text.choose,
            removeFileAriaLabel: () => text.remove,
            limitShowFewer: "",
            limitShowMore: "",
          }}
        />
      </FormField>
      <FormField label={text.orPaste}>
        <Textarea value={value} rows={6} spellcheck={false} onChange={({ detail }) => change(detail.value)} />
      </FormField>
    </SpaceBetween>
  );
}
