/** Reports that the server makes while one waits for them. */
import { call, Refusal, type Reply } from "../api";
import { strings } from "../strings";

const PAUSE = 300; // milliseconds between two looks

/** A row of the credential report, by the names of its columns. */
export type Row = Record<string, string>;
export interface CredentialReport {
  rows: Row[];
  csv: string;
  generated: number | undefined;
}

/** The latest report; null when there is none that is still valid. */
export async function credentialReport(): Promise<CredentialReport | null> {
  try {
    const { Content, GeneratedTime } = await call("iam", "GetCredentialReport", {});
    const csv = atob(Content ?? "");
    return { rows: rowsOf(csv), csv, generated: GeneratedTime };
  } catch (error) {
    if (error instanceof Refusal && ["ReportNotPresent", "ReportExpired"].includes(error.code)) return null;
    throw error;
  }
}

export async function generateCredentialReport(): Promise<void> {
  while ((await call("iam", "GenerateCredentialReport", {})).State !== "COMPLETE") await pause();
}

function rowsOf(csv: string): Row[] {
  const [header = [], ...rows] = csv.split(/\r?\n/).filter(Boolean).map(fieldsOf);
  return rows.map((fields) => Object.fromEntries(header.map((name, at) => [name, fields[at] ?? ""])));
}

/** The fields of a line; those with commas in them are quoted (RFC 4180). */
function fieldsOf(line: string): string[] {
  return [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^",]*))/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "");
}

export type ServiceAccess = NonNullable<Reply<"iam", "GetServiceLastAccessedDetails">["ServicesLastAccessed"]>[number];

/** When the services that an identity or policy reaches were last used, the latest first. */
export async function servicesLastAccessed(Arn: string): Promise<ServiceAccess[]> {
  const { JobId } = await call("iam", "GenerateServiceLastAccessedDetails", { Arn, Granularity: "ACTION_LEVEL" });
  const found: ServiceAccess[] = [];
  let Marker: string | undefined;
  for (;;) {
    const reply = await call("iam", "GetServiceLastAccessedDetails", { JobId, ...(Marker && { Marker }) });
    if (reply.JobStatus === "FAILED") throw new Refusal("Failed", reply.Error?.Message ?? strings.lastAccessed.refused);
    if (reply.JobStatus === "IN_PROGRESS") {
      await pause();
      continue;
    }
    found.push(...(reply.ServicesLastAccessed ?? []));
    if (!reply.IsTruncated) return found.sort((a, b) => (b.LastAuthenticated ?? 0) - (a.LastAuthenticated ?? 0));
    Marker = reply.Marker;
  }
}

function pause(): Promise<void> {
  return new Promise((resume) => setTimeout(resume, PAUSE));
}
