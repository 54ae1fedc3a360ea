import moment from 'moment';

export default () => [moment.locale('de'), moment.utc(0).format('dddd, LL')];
