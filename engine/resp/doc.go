// Package resp is the language between clients, servers and replicas: RESP2, and the replies of RESP3. It works on
// bytes it is given and answers with counts, as bufio's split functions do; it never waits and never reads.
//
// A server cuts commands off what has arrived so far:
//
//	var dec resp.Decoder
//	for {
//		args, n, err := dec.Next(buf)
//		if n == 0 || err != nil {
//			break // more bytes are needed, or the connection is lost
//		}
//		run(args) // they point into buf
//		buf = buf[n:]
//	}
//
// and writes replies with a Writer. A client writes with AppendCommand, cuts replies off with a ReplyDecoder, and
// shows them with Format, as redis-cli does.
package resp
