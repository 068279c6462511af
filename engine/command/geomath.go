package command

import "math"

// Distances are stored as scores and travel to replicas, so the sines they are made of have to come out the same
// everywhere: here, in the browser and in a redis-server with the C library's. What all of these mean is the nearest
// double, so sines are worked out with twice the bits, and rounded once. The C library misses it for about one sine in a
// thousand, another one on a processor without fused multiplication: of the distances that redis-server stores, two in a
// thousand are a unit off, and two machines that run it agree no better than that. Products that are added to something
// are written as conversions: Go may else fuse the two where a machine can, and round differently.

// A twin is a number with twice the bits of a double: the sum of both, of which lo is less than half a unit of hi.
type twin struct{ hi, lo float64 }

func twoSum(a, b float64) twin {
	s := a + b
	v := s - a
	return twin{s, (a - (s - v)) + (b - v)}
}

// twoProduct returns a product without any loss.
func twoProduct(a, b float64) twin {
	p := float64(a * b)
	return twin{p, math.FMA(a, b, -p)}
}

func (a twin) plus(b twin) twin {
	s := twoSum(a.hi, b.hi)
	return twoSum(s.hi, s.lo+(a.lo+b.lo))
}

func (a twin) times(b twin) twin {
	p := twoProduct(a.hi, b.hi)
	return twoSum(p.hi, p.lo+(float64(a.hi*b.lo)+float64(a.lo*b.hi)))
}

func (a twin) over(n float64) twin {
	q := a.hi / n
	p := twoProduct(q, n)
	return twoSum(q, ((a.hi-p.hi)-p.lo+a.lo)/n)
}

// Half of pi in two and a bit parts.
var halfPi = [3]float64{0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54, -0x1.f1976b7ed8fbcp-110}

// sinCos returns the sine and the cosine of x, which is small: some turns at most.
func sinCos(x float64) (sin, cos twin) {
	k := math.Round(x / halfPi[0])
	r := twin{hi: x}
	for _, part := range halfPi {
		p := twoProduct(-k, part)
		r = r.plus(p)
	}
	square := r.times(r)
	sin, cos = r, twin{hi: 1}
	term := twin{hi: 1}
	for n := 1.0; n < 32; n += 2 {
		term = term.times(square).over(-n * (n + 1)) // of the cosine
		cos = cos.plus(term)
		sin = sin.plus(term.times(r).over(n + 2))
	}
	// The sine's terms are made of the cosine's: x^(n+2)/(n+2)! = x · x^(n+1)/(n+1)! / (n+2).
	switch int(k) & 3 {
	case 1:
		return cos, twin{-sin.hi, -sin.lo}
	case 2:
		return twin{-sin.hi, -sin.lo}, twin{-cos.hi, -cos.lo}
	case 3:
		return twin{-cos.hi, -cos.lo}, sin
	}
	return sin, cos
}

func exactSin(x float64) float64 {
	sin, _ := sinCos(x)
	return sin.hi
}

func exactCos(x float64) float64 {
	_, cos := sinCos(x)
	return cos.hi
}

// exactAsin returns the arc sine: a good guess, and one step of Newton's method with twice the bits.
func exactAsin(y float64) float64 {
	guess := math.Asin(y)
	if guess != guess || math.Abs(y) == 1 || y == 0 {
		return guess
	}
	sin, cos := sinCos(guess)
	rest := twin{hi: y}.plus(twin{-sin.hi, -sin.lo})
	return guess + rest.hi/cos.hi
}
