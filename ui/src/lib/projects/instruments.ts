/** Instruments that are proposed; any other name will do. */
export const INSTRUMENTS = [
  'ZooScan',
  'FlowCam',
  'UVP5',
  'UVP6',
  'ISIIS',
  'IFCB',
  'PlanktoScope',
  'Zooprocess',
];
