package command

// argumentDocs are the arguments of every command as COMMAND DOCS tells them to programs, in a short notation: a line for
// each command, by full name. An argument is
//
//	name[~type][#key spec][=token][@since][!deprecated since][?][*][+][(arguments of its own)]
//
// with ~k for a key, ~i an integer, ~d a double, ~u a Unix time, ~p a pattern, ~t a token alone (its own name in capitals
// unless another is given), ~o one of several, ~b a block, and a string where there is no type. ? is optional, * may come
// several times, + with its token each time. A token of other characters than letters stands in angle brackets.
//
// Source: COMMAND DOCS of redis-server 7.0.15, with which the tests compare it.
const argumentDocs = "\n" +
	"acl|cat categoryname?\n" +
	"acl|deluser username*\n" +
	"acl|dryrun username command arg?*\n" +
	"acl|genpass bits~i?\n" +
	"acl|getuser username\n" +
	"acl|log operation~o?(count~i reset~t)\n" +
	"acl|setuser username rule?*\n" +
	"append key~k#0 value\n" +
	"auth username@6.0.0? password\n" +
	"bgsave schedule~t@3.2.2?\n" +
	"bitcount key~k#0 index~b?(start~i end~i index_unit~o@7.0.0?(byte~t bit~t))\n" +
	"bitfield key~k#0 operation~o?*(encoding_offset~b=GET(encoding offset~i) write~b(wrap_sat_fail~o=OVERFLOW?(wrap~t sat~t fail~t) write_operation~o(encoding_offset_value~b=SET(encoding offset~i value~i) encoding_offset_increment~b=INCRBY(encoding offset~i increment~i))))\n" +
	"bitfield_ro key~k#0 encoding_offset~b=GET?*+(encoding offset~i)\n" +
	"bitop operation destkey~k#0 key~k#1*\n" +
	"bitpos key~k#0 bit~i index~b?(start~i end_index~b?(end~i index_unit~o@7.0.0?(byte~t bit~t)))\n" +
	"blmove source~k#0 destination~k#1 wherefrom~o(left~t right~t) whereto~o(left~t right~t) timeout~d\n" +
	"blmpop timeout~d numkeys~i key~k#0* where~o(left~t right~t) count~i=COUNT?\n" +
	"blpop key~k#0* timeout~d\n" +
	"brpop key~k#0* timeout~d\n" +
	"brpoplpush source~k#0 destination~k#1 timeout~d\n" +
	"bzmpop timeout~d numkeys~i key~k#0* where~o(min~t max~t) count~i=COUNT?\n" +
	"bzpopmax key~k#0* timeout~d\n" +
	"bzpopmin key~k#0* timeout~d\n" +
	"client|caching mode~o(yes~t no~t)\n" +
	"client|kill filter~o(ip:port!2.8.12 new-format~o*(client-id~i=ID@2.8.12? normal_master_slave_pubsub~o=TYPE@2.8.12?(normal~t master~t@3.2.0 slave~t replica~t@5.0.0 pubsub~t) username=USER? ip:port=ADDR? ip:port=LADDR@6.2.0? yes/no=SKIPME?))\n" +
	"client|list normal_master_replica_pubsub~o=TYPE@5.0.0?(normal~t master~t replica~t pubsub~t) id~b=ID@6.2.0?(client-id~i*)\n" +
	"client|no-evict enabled~o(on~t off~t)\n" +
	"client|pause timeout~i mode~o@6.2.0?(write~t all~t)\n" +
	"client|reply on_off_skip~o(on~t off~t skip~t)\n" +
	"client|setname connection-name\n" +
	"client|tracking status~o(on~t off~t) client-id~i=REDIRECT? prefix=PREFIX?*+ bcast~t? optin~t? optout~t? noloop~t?\n" +
	"client|unblock client-id~i timeout_error~o?(timeout~t error~t)\n" +
	"command|docs command-name?*\n" +
	"command|info command-name?*\n" +
	"command|list filterby~o=FILTERBY?(module-name=MODULE category=ACLCAT pattern~p=PATTERN)\n" +
	"config|get parameter~b*(parameter)\n" +
	"config|set parameter_value~b*(parameter value)\n" +
	"copy source~k#0 destination~k#1 destination-db~i=DB? replace~t?\n" +
	"decr key~k#0\n" +
	"decrby key~k#0 decrement~i\n" +
	"del key~k#0*\n" +
	"dump key~k#0\n" +
	"echo message\n" +
	"exists key~k#0*\n" +
	"expire key~k#0 seconds~i condition~o@7.0.0?(nx~t xx~t gt~t lt~t)\n" +
	"expireat key~k#0 unix-time-seconds~u condition~o@7.0.0?(nx~t xx~t gt~t lt~t)\n" +
	"expiretime key~k#0\n" +
	"failover target~b=TO?(host port~i force~t?) abort~t? milliseconds~i=TIMEOUT?\n" +
	"flushall async~o?(async~t@4.0.0 sync~t@6.2.0)\n" +
	"flushdb async~o?(async~t@4.0.0 sync~t@6.2.0)\n" +
	"geoadd key~k#0 condition~o@6.2.0?(nx~t xx~t) change~t=CH@6.2.0? longitude_latitude_member~b*(longitude~d latitude~d member)\n" +
	"geodist key~k#0 member1 member2 unit~o?(m~t km~t ft~t mi~t)\n" +
	"geohash key~k#0 member*\n" +
	"geopos key~k#0 member*\n" +
	"georadius key~k#0 longitude~d latitude~d radius~d unit~o(m~t km~t ft~t mi~t) withcoord~t? withdist~t? withhash~t? count~b?(count~i=COUNT any~t@6.2.0?) order~o?(asc~t desc~t) key~k#1=STORE? key~k#2=STOREDIST?\n" +
	"georadius_ro key~k#0 longitude~d latitude~d radius~d unit~o(m~t km~t ft~t mi~t) withcoord~t? withdist~t? withhash~t? count~b?(count~i=COUNT any~t@6.2.0?) order~o?(asc~t desc~t)\n" +
	"georadiusbymember key~k#0 member radius~d unit~o(m~t km~t ft~t mi~t) withcoord~t? withdist~t? withhash~t? count~b?(count~i=COUNT any~t?) order~o?(asc~t desc~t) key~k#1=STORE? key~k#2=STOREDIST?\n" +
	"georadiusbymember_ro key~k#0 member radius~d unit~o(m~t km~t ft~t mi~t) withcoord~t? withdist~t? withhash~t? count~b?(count~i=COUNT any~t?) order~o?(asc~t desc~t)\n" +
	"geosearch key~k#0 from~o(member=FROMMEMBER longitude_latitude~b=FROMLONLAT(longitude~d latitude~d)) by~o(circle~b(radius~d=BYRADIUS unit~o(m~t km~t ft~t mi~t)) box~b(width~d=BYBOX height~d unit~o(m~t km~t ft~t mi~t))) order~o?(asc~t desc~t) count~b?(count~i=COUNT any~t?) withcoord~t? withdist~t? withhash~t?\n" +
	"geosearchstore destination~k#0 source~k#1 from~o(member=FROMMEMBER longitude_latitude~b=FROMLONLAT(longitude~d latitude~d)) by~o(circle~b(radius~d=BYRADIUS unit~o(m~t km~t ft~t mi~t)) box~b(width~d=BYBOX height~d unit~o(m~t km~t ft~t mi~t))) order~o?(asc~t desc~t) count~b?(count~i=COUNT any~t?) storedist~t?\n" +
	"get key~k#0\n" +
	"getbit key~k#0 offset~i\n" +
	"getdel key~k#0\n" +
	"getex key~k#0 expiration~o?(seconds~i=EX milliseconds~i=PX unix-time-seconds~u=EXAT unix-time-milliseconds~u=PXAT persist~t)\n" +
	"getrange key~k#0 start~i end~i\n" +
	"getset key~k#0 value\n" +
	"hdel key~k#0 field*\n" +
	"hello arguments~b?(protover~i username_password~b=AUTH?(username password) clientname=SETNAME?)\n" +
	"hexists key~k#0 field\n" +
	"hget key~k#0 field\n" +
	"hgetall key~k#0\n" +
	"hincrby key~k#0 field increment~i\n" +
	"hincrbyfloat key~k#0 field increment~d\n" +
	"hkeys key~k#0\n" +
	"hlen key~k#0\n" +
	"hmget key~k#0 field*\n" +
	"hmset key~k#0 field_value~b*(field value)\n" +
	"hrandfield key~k#0 options~b?(count~i withvalues~t?)\n" +
	"hscan key~k#0 cursor~i pattern~p=MATCH? count~i=COUNT?\n" +
	"hset key~k#0 field_value~b*(field value)\n" +
	"hsetnx key~k#0 field value\n" +
	"hstrlen key~k#0 field\n" +
	"hvals key~k#0\n" +
	"incr key~k#0\n" +
	"incrby key~k#0 increment~i\n" +
	"incrbyfloat key~k#0 increment~d\n" +
	"info section?*\n" +
	"keys pattern~p\n" +
	"latency|graph event\n" +
	"latency|histogram command?*\n" +
	"latency|history event\n" +
	"latency|reset event?*\n" +
	"lcs key1~k#0 key2~k#0 len~t? idx~t? len~i=MINMATCHLEN? withmatchlen~t?\n" +
	"lindex key~k#0 index~i\n" +
	"linsert key~k#0 where~o(before~t after~t) pivot element\n" +
	"llen key~k#0\n" +
	"lmove source~k#0 destination~k#1 wherefrom~o(left~t right~t) whereto~o(left~t right~t)\n" +
	"lmpop numkeys~i key~k#0* where~o(left~t right~t) count~i=COUNT?\n" +
	"lolwut version~i=VERSION?\n" +
	"lpop key~k#0 count~i@6.2.0?\n" +
	"lpos key~k#0 element rank~i=RANK? num-matches~i=COUNT? len~i=MAXLEN?\n" +
	"lpush key~k#0 element*\n" +
	"lpushx key~k#0 element*\n" +
	"lrange key~k#0 start~i stop~i\n" +
	"lrem key~k#0 count~i element\n" +
	"lset key~k#0 index~i element\n" +
	"ltrim key~k#0 start~i stop~i\n" +
	"memory|usage key~k#0 count~i=SAMPLES?\n" +
	"mget key~k#0*\n" +
	"migrate host port~i key_or_empty_string~o(key~k#0 empty_string~t=<>) destination-db~i timeout~i copy~t@3.0.0? replace~t@3.0.0? authentication~o?(password=AUTH@4.0.7? username_password~b=AUTH2@6.0.0?(username password)) key~k#1=KEYS@3.0.6?*\n" +
	"move key~k#0 db~i\n" +
	"mset key_value~b*(key~k#0 value)\n" +
	"msetnx key_value~b*(key~k#0 value)\n" +
	"object|encoding key~k#0\n" +
	"object|freq key~k#0\n" +
	"object|idletime key~k#0\n" +
	"object|refcount key~k#0\n" +
	"persist key~k#0\n" +
	"pexpire key~k#0 milliseconds~i condition~o@7.0.0?(nx~t xx~t gt~t lt~t)\n" +
	"pexpireat key~k#0 unix-time-milliseconds~u condition~o@7.0.0?(nx~t xx~t gt~t lt~t)\n" +
	"pexpiretime key~k#0\n" +
	"pfadd key~k#0 element?*\n" +
	"pfcount key~k#0*\n" +
	"pfdebug subcommand key~k#0\n" +
	"pfmerge destkey~k#0 sourcekey~k#1*\n" +
	"ping message?\n" +
	"psetex key~k#0 milliseconds~i value\n" +
	"psubscribe pattern~b*(pattern~p)\n" +
	"psync replicationid offset~i\n" +
	"pttl key~k#0\n" +
	"publish channel message\n" +
	"pubsub|channels pattern~p?\n" +
	"pubsub|numsub channel?*\n" +
	"pubsub|shardchannels pattern~p?\n" +
	"pubsub|shardnumsub shardchannel?*\n" +
	"punsubscribe pattern~p?*\n" +
	"rename key~k#0 newkey~k#1\n" +
	"renamenx key~k#0 newkey~k#1\n" +
	"replicaof args~o(host-port~b(host port~i) no-one~b(no~t one~t))\n" +
	"restore key~k#0 ttl~i serialized-value replace~t@3.0.0? absttl~t@5.0.0? seconds~i=IDLETIME@5.0.0? frequency~i=FREQ@5.0.0?\n" +
	"restore-asking key~k#0 ttl~i serialized-value replace~t@3.0.0? absttl~t@5.0.0? seconds~i=IDLETIME@5.0.0? frequency~i=FREQ@5.0.0?\n" +
	"rpop key~k#0 count~i@6.2.0?\n" +
	"rpoplpush source~k#0 destination~k#1\n" +
	"rpush key~k#0 element*\n" +
	"rpushx key~k#0 element*\n" +
	"sadd key~k#0 member*\n" +
	"scan cursor~i pattern~p=MATCH? count~i=COUNT? type=TYPE@6.0.0?\n" +
	"scard key~k#0\n" +
	"sdiff key~k#0*\n" +
	"sdiffstore destination~k#0 key~k#1*\n" +
	"select index~i\n" +
	"set key~k#0 value condition~o@2.6.12?(nx~t xx~t) get~t@6.2.0? expiration~o?(seconds~i=EX@2.6.12 milliseconds~i=PX@2.6.12 unix-time-seconds~u=EXAT@6.2.0 unix-time-milliseconds~u=PXAT@6.2.0 keepttl~t@6.0.0)\n" +
	"setbit key~k#0 offset~i value~i\n" +
	"setex key~k#0 seconds~i value\n" +
	"setnx key~k#0 value\n" +
	"setrange key~k#0 offset~i value\n" +
	"shutdown nosave_save~o?(nosave~t save~t) now~t@7.0.0? force~t@7.0.0? abort~t@7.0.0?\n" +
	"sinter key~k#0*\n" +
	"sintercard numkeys~i key~k#0* limit~i=LIMIT?\n" +
	"sinterstore destination~k#0 key~k#1*\n" +
	"sismember key~k#0 member\n" +
	"slaveof args~o(host-port~b(host port~i) no-one~b(no~t one~t))\n" +
	"slowlog|get count~i?\n" +
	"smembers key~k#0\n" +
	"smismember key~k#0 member*\n" +
	"smove source~k#0 destination~k#1 member\n" +
	"sort key~k#0 pattern~p#1=BY? offset_count~b=LIMIT?(offset~i count~i) pattern~p#1=GET?*+ order~o?(asc~t desc~t) sorting~t=ALPHA? destination~k#2=STORE?\n" +
	"sort_ro key~k#0 pattern~p#1=BY? offset_count~b=LIMIT?(offset~i count~i) pattern~p#1=GET?*+ order~o?(asc~t desc~t) sorting~t=ALPHA?\n" +
	"spop key~k#0 count~i@3.2.0?\n" +
	"spublish shardchannel message\n" +
	"srandmember key~k#0 count~i@2.6.0?\n" +
	"srem key~k#0 member*\n" +
	"sscan key~k#0 cursor~i pattern~p=MATCH? count~i=COUNT?\n" +
	"ssubscribe shardchannel*\n" +
	"strlen key~k#0\n" +
	"subscribe channel*\n" +
	"substr key~k#0 start~i end~i\n" +
	"sunion key~k#0*\n" +
	"sunionstore destination~k#0 key~k#1*\n" +
	"sunsubscribe shardchannel?*\n" +
	"swapdb index1~i index2~i\n" +
	"touch key~k#0*\n" +
	"ttl key~k#0\n" +
	"type key~k#0\n" +
	"unlink key~k#0*\n" +
	"unsubscribe channel?*\n" +
	"wait numreplicas~i timeout~i\n" +
	"waitaof numlocal~i numreplicas~i timeout~i\n" +
	"watch key~k#0*\n" +
	"xack key~k#0 group id*\n" +
	"xadd key~k#0 nomkstream~t@6.2.0? trim~b?(strategy~o(maxlen~t minid~t@6.2.0) operator~o?(equal~t=<=> approximately~t=<~>) threshold count~i=LIMIT@6.2.0?) id_or_auto~o(auto_id~t=<*> id) field_value~b*(field value)\n" +
	"xautoclaim key~k#0 group consumer min-idle-time start count~i=COUNT? justid~t?\n" +
	"xclaim key~k#0 group consumer min-idle-time id* ms~i=IDLE? unix-time-milliseconds~u=TIME? count~i=RETRYCOUNT? force~t? justid~t? id=LASTID?\n" +
	"xdel key~k#0 id*\n" +
	"xgroup|create key~k#0 groupname id~o(id new_id~t=$) mkstream~t? entries_read~i=ENTRIESREAD?\n" +
	"xgroup|createconsumer key~k#0 groupname consumername\n" +
	"xgroup|delconsumer key~k#0 groupname consumername\n" +
	"xgroup|destroy key~k#0 groupname\n" +
	"xgroup|setid key~k#0 groupname id~o(id new_id~t=$) entries_read~i=ENTRIESREAD?\n" +
	"xinfo|consumers key~k#0 groupname\n" +
	"xinfo|groups key~k#0\n" +
	"xinfo|stream key~k#0 full~b=FULL?(count~i=COUNT?)\n" +
	"xlen key~k#0\n" +
	"xpending key~k#0 group filters~b?(min-idle-time~i=IDLE@6.2.0? start end count~i consumer?)\n" +
	"xrange key~k#0 start end count~i=COUNT?\n" +
	"xread count~i=COUNT? milliseconds~i=BLOCK? streams~b=STREAMS(key~k#0* id*)\n" +
	"xreadgroup group_consumer~b=GROUP(group consumer) count~i=COUNT? milliseconds~i=BLOCK? noack~t? streams~b=STREAMS(key~k#0* id*)\n" +
	"xrevrange key~k#0 end start count~i=COUNT?\n" +
	"xsetid key~k#0 last-id entries_added~i=ENTRIESADDED@7.0.0? max_deleted_entry_id=MAXDELETEDID@7.0.0?\n" +
	"xtrim key~k#0 trim~b(strategy~o(maxlen~t minid~t@6.2.0) operator~o?(equal~t=<=> approximately~t=<~>) threshold count~i=LIMIT@6.2.0?)\n" +
	"zadd key~k#0 condition~o@3.0.2?(nx~t xx~t) comparison~o@6.2.0?(gt~t lt~t) change~t=CH@3.0.2? increment~t=INCR@3.0.2? score_member~b*(score~d member)\n" +
	"zcard key~k#0\n" +
	"zcount key~k#0 min~d max~d\n" +
	"zdiff numkeys~i key~k#0* withscores~t?\n" +
	"zdiffstore destination~k#0 numkeys~i key~k#1*\n" +
	"zincrby key~k#0 increment~i member\n" +
	"zinter numkeys~i key~k#0* weight~i=WEIGHTS?* aggregate~o=AGGREGATE?(sum~t min~t max~t) withscores~t?\n" +
	"zintercard numkeys~i key~k#0* limit~i=LIMIT?\n" +
	"zinterstore destination~k#0 numkeys~i key~k#1* weight~i=WEIGHTS?* aggregate~o=AGGREGATE?(sum~t min~t max~t)\n" +
	"zlexcount key~k#0 min max\n" +
	"zmpop numkeys~i key~k#0* where~o(min~t max~t) count~i=COUNT?\n" +
	"zmscore key~k#0 member*\n" +
	"zpopmax key~k#0 count~i?\n" +
	"zpopmin key~k#0 count~i?\n" +
	"zrandmember key~k#0 options~b?(count~i withscores~t?)\n" +
	"zrange key~k#0 start stop sortby~o@6.2.0?(byscore~t bylex~t) rev~t@6.2.0? offset_count~b=LIMIT@6.2.0?(offset~i count~i) withscores~t?\n" +
	"zrangebylex key~k#0 min max offset_count~b=LIMIT?(offset~i count~i)\n" +
	"zrangebyscore key~k#0 min~d max~d withscores~t@2.0.0? offset_count~b=LIMIT?(offset~i count~i)\n" +
	"zrangestore dst~k#0 src~k#1 min max sortby~o?(byscore~t bylex~t) rev~t? offset_count~b=LIMIT?(offset~i count~i)\n" +
	"zrank key~k#0 member\n" +
	"zrem key~k#0 member*\n" +
	"zremrangebylex key~k#0 min max\n" +
	"zremrangebyrank key~k#0 start~i stop~i\n" +
	"zremrangebyscore key~k#0 min~d max~d\n" +
	"zrevrange key~k#0 start~i stop~i withscores~t?\n" +
	"zrevrangebylex key~k#0 max min offset_count~b=LIMIT?(offset~i count~i)\n" +
	"zrevrangebyscore key~k#0 max~d min~d withscores~t? offset_count~b=LIMIT?(offset~i count~i)\n" +
	"zrevrank key~k#0 member\n" +
	"zscan key~k#0 cursor~i pattern~p=MATCH? count~i=COUNT?\n" +
	"zscore key~k#0 member\n" +
	"zunion numkeys~i key~k#0* weight~i=WEIGHTS?* aggregate~o=AGGREGATE?(sum~t min~t max~t) withscores~t?\n" +
	"zunionstore destination~k#0 numkeys~i key~k#1* weight~i=WEIGHTS?* aggregate~o=AGGREGATE?(sum~t min~t max~t)\n" +
	""
