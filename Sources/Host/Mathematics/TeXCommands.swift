/// The names of the commands that blahtexml knows, and Folio's own: a mistyped one is told its neighbours.
enum TeXCommands {
  static let all: [String] = list.split(whereSeparator: \.isWhitespace).map(String.init)

  private static let list = #"""
    \AA \Alpha \And \Bbb \Bbbk \Beta \Big \Bigg \Biggl \Biggr \Bigl \Bigr \Box \Bumpeq \Cap \Chi \Complex \Cup \Dagger
    \Darr \Delta \Diamond \Doteq \Downarrow \Epsilon \Eta \Finv \Game \Gamma \Harr \Im \Iota \Join \Kappa \Lambda \Larr
    \Leftarrow \Leftrightarrow \Lleftarrow \Longleftarrow \Longleftrightarrow \Longrightarrow \Lrarr \Lsh \Mu \N \Nu \O
    \Omega \P \Phi \Pi \Pr \Psi \R \Rarr \Re \Reals \Rho \Rightarrow \Rrightarrow \Rsh \S \Sigma \Subset \Supset \Tau
    \Theta \Uarr \Uparrow \Updownarrow \Upsilon \Vdash \Vert \Vvdash \Xi \Z \Zeta \acute \alef \alefsym \aleph \alpha
    \amalg \and \ang \angle \approx \approxeq \arccos \arccot \arccsc \arcsec \arcsin \arctan \arg \ast \asymp \atop
    \backepsilon \backprime \backsim \backsimeq \backslash \bar \barwedge \because \begin{Bmatrix} \begin{Vmatrix}
    \begin{aligned} \begin{bmatrix} \begin{cases} \begin{matrix} \begin{pmatrix} \begin{smallmatrix} \begin{vmatrix}
    \beta \beth \between \bf \big \bigcap \bigcirc \bigcup \bigg \biggl \biggr \bigl \bigodot \bigoplus \bigotimes \bigr
    \bigsqcup \bigstar \bigtriangledown \bigtriangleup \biguplus \bigvee \bigwedge \binom \blacklozenge \blacksquare
    \blacktriangle \blacktriangledown \blacktriangleleft \blacktriangleright \bm \bmod \bold \boldsymbol \bot \bowtie
    \boxdot \boxminus \boxplus \boxtimes \breve \bull \bullet \bumpeq \cal \cap \cdot \cdots \centerdot \cfrac \check
    \checkmark \chi \choose \circ \circeq \circlearrowleft \circlearrowright \circledR \circledS \circledast
    \circledcirc \circleddash \clubs \clubsuit \cnums \colon \color \complement \cong \coprod \cos \cosh \cot \coth \csc
    \cup \curlyeqprec \curlyeqsucc \curlyvee \curlywedge \curvearrowleft \curvearrowright \dArr \dagger \daleth \darr
    \dasharrow \dashleftarrow \dashrightarrow \dashv \ddagger \ddot \ddots \deg \delta \det \dfrac \diagdown \diagup
    \diamond \diamonds \diamondsuit \digamma \dim \displaylimits \displaystyle \div \divideontimes \dot \doteq \doteqdot
    \dotplus \dots \dotsb \doublebarwedge \doublecap \doublecup \downarrow \downdownarrows \downharpoonleft
    \downharpoonright \ell \emph \empty \emptyset \end \epsilon \eqcirc \eqsim \eqslantgtr \eqslantless \equiv \eta \eth
    \exist \exists \exp \fallingdotseq \flat \forall \frac \frown \gamma \gcd \ge \geq \geqq \geqslant \gets \gg \ggg
    \gggtr \gimel \gnapprox \gneqq \gnsim \grave \gtrapprox \gtrdot \gtreqless \gtreqqless \gtrless \gtrsim \gvertneqq
    \hAar \harr \hat \hbar \hbox \hearts \heartsuit \hom \hookleftarrow \hookrightarrow \hslash \iff \iiiint \iiint
    \iint \image \imath \implies \in \inf \infin \infty \injlim \int \intercal \iota \isin \it \jmath \kappa \ker \lArr
    \lVert \label \lambda \land \lang \langle \larr \lbrace \lbrack \lceil \ldots \le \leadsto \left \leftarrow
    \leftarrowtail \leftharpoondown \leftharpoonup \leftleftarrows \leftrightarrow \leftrightarrows \leftrightharpoons
    \leftrightsquigarrow \leftthreetimes \leq \leqq \leqslant \lessapprox \lessdot \lesseqgtr \lesseqqgtr \lessgtr
    \lesssim \lfloor \lg \lhd \lim \liminf \limits \limsup \ll \llcorner \lll \llless \ln \lnapprox \lneqq \lnsim \log
    \longleftarrow \longleftrightarrow \longmapsto \longrightarrow \looparrowleft \looparrowright \lor \lozenge \lrArr
    \lrarr \lrcorner \ltimes \lvert \lvertneqq \maltese \mapsto \mathbb \mathbf \mathbin \mathcal \mathclose \mathfrak
    \mathinner \mathit \mathop \mathopen \mathord \mathpunct \mathrel \mathrm \mathscr \mathsf \mathtt \max \mbox
    \measuredangle \mho \mid \min \mod \models \mp \mu \multimap \nLeftarrow \nLeftrightarrow \nRightarrow \nVDash
    \nVdash \nabla \natnums \natural \ncong \ne \nearrow \neg \neq \newcommand \nexists \ngeq \ngeqq \ngeqslant \ngtr
    \ni \nleftarrow \nleftrightarrow \nleq \nleqq \nleqslant \nless \nmid \nolimits \not \notin \nparallel \nprec
    \npreceq \nrightarrow \nshortmid \nshortparallel \nsim \nsubseteq \nsubseteqq \nsucc \nsucceq \nsupseteq \nsupseteqq
    \ntriangleleft \ntrianglelefteq \ntriangleright \ntrianglerighteq \nu \nvDash \nvdash \nwarrow \odot \oint \omega
    \ominus \operatorname \operatornamewithlimits \oplus \or \oslash \otimes \over \overbrace \overleftarrow
    \overleftrightarrow \overline \overrightarrow \overset \parallel \part \partial \perp \phi \pi \pitchfork \plusmn
    \pm \pmod \prec \precapprox \preccurlyeq \preceq \precnapprox \precneqq \precnsim \precsim \prime \prod \projlim
    \propto \psi \qquad \quad \rArr \rVert \rang \rangle \rarr \rbrace \rbrack \rceil \real \reals \restriction \rfloor
    \rhd \rho \right \rightarrow \rightarrowtail \rightharpoondown \rightharpoonup \rightleftarrows \rightleftharpoons
    \rightrightarrows \rightsquigarrow \rightthreetimes \risingdotseq \rm \rtimes \rvert \scriptscriptstyle \scriptstyle
    \sdot \searrow \sec \sect \setminus \sf \sgn \sharp \shortmid \shortparallel \sigma \sim \simeq \sin \sinh
    \smallfrown \smallsetminus \smallsmile \smile \spades \spadesuit \sphericalangle \sqcap \sqcup \sqrt \sqsubset
    \sqsubseteq \sqsupset \sqsupseteq \square \stackrel \star \sub \sube \subset \subseteq \subseteqq \subsetneq
    \subsetneqq \substack \succ \succapprox \succcurlyeq \succeq \succnapprox \succneqq \succnsim \succsim \sum \sup
    \supe \supset \supseteq \supseteqq \supsetneq \supsetneqq \surd \swarrow \tag \tan \tanh \tau \text \textasciicircum
    \textasciitilde \textbackslash \textbf \textit \textrm \textsf \textstyle \texttt \textvisiblespace \tfrac
    \therefore \theta \thetasym \thickapprox \thicksim \tilde \times \to \top \triangle \triangledown \triangleleft
    \trianglelefteq \triangleq \triangleright \trianglerighteq \tt \twoheadleftarrow \twoheadrightarrow \uArr \uarr
    \ulcorner \underbrace \underline \underset \unlhd \unrhd \uparrow \updownarrow \upharpoonleft \upharpoonright \uplus
    \upsilon \upuparrows \urcorner \vDash \varepsilon \varinjlim \varkappa \varliminf \varlimsup \varnothing \varphi
    \varpi \varprojlim \varpropto \varrho \varsigma \varsubsetneq \varsubsetneqq \varsupsetneq \varsupsetneqq \vartheta
    \vartriangle \vartriangleleft \vartriangleright \vdash \vdots \vec \vee \veebar \vert \wedge \weierp \widehat
    \widetilde \wp \wr \xi \yen \zeta
    """#
}
