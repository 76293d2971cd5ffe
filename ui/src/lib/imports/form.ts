/** What holds for every image, by the names of the wire; what is empty is not said. */
export type ImageValues = {
  imgdate: string;
  imgtime: string;
  latitude: string;
  longitude: string;
  depthmin: string;
  depthmax: string;
  taxolb: string;
  userlb: string;
  datelb: string;
  status: string;
};
export type FieldName = keyof ImageValues;
export type Wrong = Partial<Record<FieldName, string>>;

export const NOTHING: ImageValues = {
  imgdate: '',
  imgtime: '',
  latitude: '',
  longitude: '',
  depthmin: '',
  depthmax: '',
  taxolb: '',
  userlb: '',
  datelb: '',
  status: '',
};

export const STATES = [
  { value: 'V', label: 'Validated' },
  { value: 'D', label: 'Dubious' },
  { value: 'P', label: 'Predicted' },
] as const;

/** What is sent: no empty field, and a time with its seconds, which browsers leave out. */
export function filled(values: ImageValues): Partial<ImageValues> {
  const given = Object.entries(values)
    .map(([name, text]) => [name, text.trim()] as const)
    .filter(([, text]) => text)
    .map(([name, text]) => [name, /^\d\d:\d\d$/.test(text) ? `${text}:00` : text]);
  return Object.fromEntries(given) as Partial<ImageValues>;
}

/** The server's sentences beside their fields; each begins with the name of one. */
export function byField(errors: readonly string[]): Wrong {
  const found = errors.map((error) => {
    const at = error.indexOf(': ');
    return [error.slice(0, at), error.slice(at + 2)] as const;
  });
  return Object.fromEntries(found.filter(([name]) => name in NOTHING));
}

/** A taxon is given by somebody, some day, in some state: by oneself, today, surely. */
export function identified(values: ImageValues, taxon: number, me: number, now: Date): ImageValues {
  return {
    ...values,
    taxolb: String(taxon),
    userlb: values.userlb || String(me),
    datelb: values.datelb || now.toISOString().slice(0, 10),
    status: values.status || 'V',
  };
}

/** Without a taxon there is no identification. */
export function unidentified(values: ImageValues): ImageValues {
  return { ...values, taxolb: '', userlb: '', datelb: '', status: '' };
}
