/** Text as it is written, JSON for the most part; lines that are too long go on in the next one. */
import Box from "@cloudscape-design/components/box";

const WRAPPED = { whiteSpace: "pre-wrap", overflowWrap: "anywhere" } as const;

export function Pre({ children }: { children: string }) {
  return (
    <Box variant="code">
      <div style={WRAPPED}>{children}</div>
    </Box>
  );
}
